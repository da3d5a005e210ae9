import type { ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';
import { isOptionsFactory } from './description';

/**
 * Adds the likely cause to the error of an option that was given as undefined: `process.env` was
 * read when the file was loaded, before ConfigModule read the file `.env`. A factory is called
 * late enough, so only the name of the setting can be wrong there.
 * @param options options that were checked: a value, or `{ inject, useFactory }`
 */
export function explainUndefined(error: ConfigError, options: unknown): ConfigError {
  const { what, fix } = error;
  if (isOptionsFactory(options)) return UNDEFINED.test(what) ? { ...error, fix: `${fix}. ${LATE}` } : error;
  const isUndefined = UNDEFINED.test(what) || (what.includes(' are missing; ') && namesUndefined(what, options));
  return isUndefined ? { ...error, fix: `${fix}. ${EARLY}` } : error;
}

const UNDEFINED = /^[\w.]+ is undefined; /;

/** True if the error names an option that is there, and is undefined. */
function namesUndefined(what: string, options: unknown): boolean {
  const words = what.split(/[\s,]+/);
  return isObject(options) && Object.keys(options).some((name) => options[name] === undefined && words.includes(name));
}

const EARLY =
  'If the value comes from process.env, it was read before ConfigModule loaded .env. Read it at the start: ' +
  "{ inject: [ConfigService], useFactory: (config: ConfigService) => ({ ...: config.getOrThrow('NAME') }) }";
const LATE = 'If the value comes from ConfigService, use getOrThrow, which names the setting that is not set';

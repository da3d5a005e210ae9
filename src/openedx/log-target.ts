import { checkLoggerOptions, type LoggerBackendOptions } from '../backends/logger/logger-options';
import { describeError } from '../event/normal-form';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { show } from './setting-path';

/**
 * Destination of the lines of a LoggerBackend in the settings, because Python loggers do not exist
 * here. Its `format` is 'reference' by default. Its `maxEventBytes` applies where the settings have
 * no `max_event_size`.
 */
export type LogTarget = Omit<LoggerBackendOptions, 'level'>;

/**
 * Returns the destination of the logger with this name. The reference's root logger has the name
 * ''.
 */
export type LogTargetByName = (name: string) => LogTarget;

const PLACE = 'options.logger';
const EXAMPLE = "backendsFromSettings(settings, {}, { logger: { path: 'tracking.log' } })";

/** Validates a single target at once, and targets by name when they are requested. */
export function logTargets(given: unknown, errors: ConfigError[]): LogTargetByName {
  if (typeof given === 'function') {
    return (name) => {
      const target: unknown = (given as LogTargetByName)(name);
      const found = targetErrors(target);
      if (found.length > 0) throw TrackingConfigException.create(found);
      return target as LogTarget;
    };
  }
  const target = given ?? {};
  const found = targetErrors(target);
  errors.push(...found);
  return () => (found.length > 0 ? {} : target);
}

function targetErrors(target: unknown): readonly ConfigError[] {
  if (typeof target !== 'object' || target === null) {
    return [{ path: PLACE, what: `it is ${show(target)}; expected the options of a LoggerBackend.`, fix: EXAMPLE }];
  }
  try {
    if ('level' in target) {
      const what = 'it has a level, but the settings give a level to each logger.';
      return [{ path: PLACE, what, fix: 'leave it out here' }];
    }
    checkLoggerOptions(target);
    return [];
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.errors.map((each) => ({ ...each, path: PLACE }));
    return [{ path: PLACE, what: `it cannot be read: ${describeError(error)}.`, fix: EXAMPLE }];
  }
}

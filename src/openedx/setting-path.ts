import { optionName, showIdentifier, showValue } from '../common/tracking-config.exception';

/** Where a value of the settings stands, as one would write it: `EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[0]`. */
export function at(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${String(key)}]`;
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${showIdentifier(key)}]`;
}

/** As `at`, for a key that nothing is known of: it may be a secret that stands in the wrong place. */
export function atUnknown(path: string, key: string, known: readonly string[] = []): string {
  const name = optionName(key, known);
  return name === key ? at(path, key) : `${path}[${name.slice(1, -1)}]`;
}

/** As `showValue`, for what comes from outside: a revoked proxy cannot even be asked whether it is a list. */
export function show(value: unknown): string {
  try {
    return showValue(value);
  } catch {
    return 'a value that cannot be read';
  }
}

/** Where an engine of the application stands. */
export function atEngine(name: string): string {
  return optionName(name) === name ? at('engines', name) : `engines[${showEngine(name)}]`;
}

const MODULE = /^[a-z_][a-z\d_]{0,40}$/;
const CLASS = /^[A-Za-z_][A-Za-z\d_]{0,40}$/;

/** An ENGINE that is not known: whole, since it is pasted from the message, and in quotes, if it is a dotted name of Python, `eventtracking.backends.logger.LoggerBackend`. */
export function showEngine(engine: string): string {
  const modules = engine.split('.');
  const name = modules.pop() ?? '';
  const isDotted = modules.length > 0 && modules.length < 9 && modules.every((part) => MODULE.test(part));
  return (isDotted && CLASS.test(name)) || optionName(engine) === engine ? JSON.stringify(engine) : showValue(engine);
}

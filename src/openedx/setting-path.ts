import { optionName, showIdentifier, showValue } from '../common/tracking-config.exception';

/**
 * Returns the path of a value in the settings, in the notation
 * `EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[0]`.
 */
export function at(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${String(key)}]`;
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${showIdentifier(key)}]`;
}

/**
 * Works like `at`, but shows only the length of a key that does not look like an option name,
 * because it may be a misplaced secret.
 */
export function atUnknown(path: string, key: string, known: readonly string[] = []): string {
  const name = optionName(key, known);
  return name === key ? at(path, key) : `${path}[${name.slice(1, -1)}]`;
}

/**
 * Works like `showValue`, but accepts any value: even a check for a list throws on a revoked proxy.
 */
export function show(value: unknown): string {
  try {
    return showValue(value);
  } catch {
    return 'a value that cannot be read';
  }
}

/** Returns the path of the application's own engine. */
export function atEngine(name: string): string {
  return optionName(name) === name ? at('engines', name) : `engines[${showEngine(name)}]`;
}

const MODULE = /^[a-z_][a-z\d_]{0,40}$/;
const CLASS = /^[A-Za-z_][A-Za-z\d_]{0,40}$/;

/**
 * Shows an unknown ENGINE. A dotted Python name such as
 * `eventtracking.backends.logger.LoggerBackend` is shown complete and in quotes, because users copy
 * it from the message.
 */
export function showEngine(engine: string): string {
  const modules = engine.split('.');
  const name = modules.pop() ?? '';
  const isDotted = modules.length > 0 && modules.length < 9 && modules.every((part) => MODULE.test(part));
  return (isDotted && CLASS.test(name)) || optionName(engine) === engine ? JSON.stringify(engine) : showValue(engine);
}

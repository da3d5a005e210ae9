import { showValue } from '../routing/tracking-config.exception';

/** Where a value of the settings stands, as one would write it: `EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[0]`. */
export function at(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${String(key)}]`;
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : `${path}[${showValue(key)}]`;
}

/** As `showValue`, for what comes from outside: a revoked proxy cannot even be asked whether it is a list. */
export function show(value: unknown): string {
  try {
    return showValue(value);
  } catch {
    return 'a value that cannot be read';
  }
}

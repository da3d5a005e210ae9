import type { PinoLogger } from './pino-logger';

/**
 * Number of wrappers: nestjs-pino's `Logger` has its `PinoLogger` in `logger`, which has the pino
 * logger in `logger`.
 */
const MAX_WRAPPERS = 2;

/**
 * Returns the pino logger that was given, or that a nestjs-pino class has in its field `logger`;
 * undefined if there is none. Called for each event: during a request, nestjs-pino uses a logger
 * with the fields added by `assign()`.
 */
export function pinoIn(given: unknown): PinoLogger | undefined {
  let at: unknown = given;
  for (let depth = 0; depth <= MAX_WRAPPERS; depth++) {
    if (typeof at !== 'object' || at === null) return undefined;
    if (isPino(at)) return at;
    at = (at as { readonly logger?: unknown }).logger;
  }
  return undefined;
}

/** Nest's ConsoleLogger also has `isLevelEnabled`, but no `info`. */
function isPino(value: object): value is PinoLogger {
  const { isLevelEnabled, info } = value as Partial<PinoLogger>;
  return typeof isLevelEnabled === 'function' && typeof info === 'function';
}

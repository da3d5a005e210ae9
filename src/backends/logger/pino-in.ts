import type { PinoLogger } from './logger-options';

/** nestjs-pino's `Logger` has its `PinoLogger` in `logger`, which has the pino logger in `logger`. */
const MAX_WRAPPERS = 2;

/**
 * The pino logger that was given, or that a class of nestjs-pino has in its field `logger`; undefined if there is none. Asked for
 * each event: in a request, nestjs-pino has one that carries what `assign()` added.
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

/** Nest's ConsoleLogger has `isLevelEnabled` as well, and no `info`. */
function isPino(value: object): value is PinoLogger {
  const { isLevelEnabled, info } = value as Partial<PinoLogger>;
  return typeof isLevelEnabled === 'function' && typeof info === 'function';
}

/** Methods that the backend uses of a pino logger. Every version of pino has them. */
export interface PinoLogger {
  isLevelEnabled(level: string): boolean;
  flush?(callback?: (error?: Error) => void): void;
  trace(object: unknown, message?: string): void;
  debug(object: unknown, message?: string): void;
  info(object: unknown, message?: string): void;
  warn(object: unknown, message?: string): void;
  error(object: unknown, message?: string): void;
  fatal(object: unknown, message?: string): void;
}

/**
 * Members that the backend uses of nestjs-pino's `PinoLogger`, which holds a pino logger, and
 * `Logger`, which holds a `PinoLogger`.
 */
export interface NestPinoLogger {
  setContext?(name: string): void;
  verbose?(message: unknown, ...more: unknown[]): void;
  error(message: unknown, ...more: unknown[]): void;
}

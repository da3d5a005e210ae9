import type { LoggerService } from '@nestjs/common';
import { pinoIn } from './pino-in';
import {
  showChoice,
  showOption,
  showValue,
  TrackingConfigException,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';

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

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * Options of a LoggerBackend. At most one of `path`, `pino` and `logger`; without any, lines go to
 * standard output.
 */
export interface LoggerBackendOptions {
  /** File to append to. The file and its directory are created if missing.  @default none */
  readonly path?: string | undefined;
  /**
   * Permissions of a file that the backend creates. Directories that it creates can also be entered
   * by everyone who may read the file. The umask of the process can only remove permissions. An
   * existing file keeps its own.
   * @default 0o640, with directories of 0o750
   */
  readonly mode?: number | undefined;
  /**
   * pino logger, or nestjs-pino's `PinoLogger` or `Logger`, to log through. The event is under the
   * key `event`, its name is the message.
   * @default none
   */
  readonly pino?: PinoLogger | NestPinoLogger | undefined;
  /**
   * Nest logger to log through. It gets the event as an object where it writes JSON, else as a
   * line. true uses Nest's own logger with the context `Tracking`.
   * @default none
   */
  readonly logger?: LoggerService | true | undefined;
  /**
   * Log level. Only with `pino` or `logger`, because lines in a file have no level.
   * @default 'info'
   */
  readonly level?: LogLevel | undefined;
  /**
   * Format of a line: 'json' is one line of JSON with the event's id; 'reference' is the line of
   * the reference's tracking log, byte for byte.
   * @default 'json'
   */
  readonly format?: 'json' | 'reference' | undefined;
  /**
   * Maximum size of a line in bytes, without the newline. A larger event is dropped as 'too-large',
   * never truncated.
   * @default no limit
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * True to write each line before `emit` returns. Costs a system call for each event.
   * @default false
   */
  readonly sync?: boolean | undefined;
  /** Size in bytes at which the collected lines are written.  @default 16_384 */
  readonly bufferBytes?: number | undefined;
  /**
   * Time in milliseconds after which the first collected line is written, with the lines after it.
   * @default 100
   */
  readonly maxWaitMs?: number | undefined;
  /**
   * Maximum size in bytes of the lines held while the file cannot be written. Further lines are
   * dropped as 'log-unwritable'.
   * @default 16_777_216
   */
  readonly maxHeldBytes?: number | undefined;
  /** Minimum time in milliseconds between two checks of the path for a rotation.  @default 1000 */
  readonly rotationCheckMs?: number | undefined;
}

const LEVELS: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const SIZES = ['maxEventBytes', 'bufferBytes', 'maxWaitMs', 'maxHeldBytes', 'rotationCheckMs'] as const;
const KNOWN: readonly string[] = ['path', 'pino', 'logger', 'mode', 'level', 'format', 'sync', ...SIZES];

/** Validates the options. @throws TrackingConfigException with all errors */
export function checkLoggerOptions(options: LoggerBackendOptions): void {
  const faults = isObject(options)
    ? [...targetFaults(options), ...modeFaults(options), ...valueFaults(options)]
    : [noObjectFault(options)];
  if (faults.length > 0) throw TrackingConfigException.create(faults);
}

function isObject(options: unknown): boolean {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

function noObjectFault(options: unknown): ConfigError {
  return fault(
    `the options are ${showValue(options)}, not an object.`,
    "backend(LoggerBackend, { path: 'tracking.log' })",
  );
}

function targetFaults({ path, pino, logger, level }: LoggerBackendOptions): ConfigError[] {
  const faults: ConfigError[] = [];
  const targets = Object.entries({ path, pino, logger }).filter(([, value]) => value !== undefined);
  if (targets.length > 1) {
    const names = targets.map(([name]) => name).join(' and ');
    faults.push(fault(`${names} are given, but lines go to one place.`, 'make a backend for each'));
  }
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    faults.push(
      fault(`path is ${showValue(path)}, not the name of a file.`, "backend(LoggerBackend, { path: 'tracking.log' })"),
    );
  }
  if (pino !== undefined && pinoIn(pino) === undefined) {
    faults.push(
      fault(
        `pino is ${showValue(pino)}, neither a pino logger nor one of nestjs-pino.`,
        'backend(LoggerBackend, { pino: pino() })',
      ),
    );
  }
  if (logger !== undefined && logger !== true && typeof (logger as Partial<LoggerService> | null)?.log !== 'function') {
    faults.push(
      fault(
        `logger is ${showValue(logger)}, neither true nor a logger of Nest.`,
        'backend(LoggerBackend, { logger: true })',
      ),
    );
  }
  if (level !== undefined && pino === undefined && logger === undefined) {
    faults.push(
      fault(
        `level is ${showChoice(level, LEVELS)}, but only pino and Nest's logger have levels.`,
        'leave it out, or give pino or logger',
      ),
    );
  }
  return faults;
}

/**
 * Returns the errors in `mode`. The owner needs to read and write: otherwise the file could not be
 * opened again.
 */
function modeFaults(options: LoggerBackendOptions): ConfigError[] {
  const { path, mode }: { readonly path?: unknown; readonly mode?: unknown } = options;
  if (mode === undefined) return [];
  if (path === undefined)
    return [fault(`mode is ${showValue(mode)}, but only a file has permissions.`, 'leave it out, or give a path')];
  const number = typeof mode === 'number' && Number.isInteger(mode) ? mode : undefined;
  if (number !== undefined && (number & ~0o666) === 0 && (number & 0o600) === 0o600) return [];
  const shown = number === undefined ? showValue(mode) : `${String(number)} (0o${number.toString(8)})`;
  const what = `mode is ${shown}; it has to be permissions to read and write, the owner's among them.`;
  // 640 instead of 0o640.
  const isOctalMeant = number !== undefined && /^[0-7]{3}$/.test(String(number));
  return [fault(what, `mode: ${isOctalMeant ? `0o${String(number)}` : '0o640'}`)];
}

function valueFaults(options: LoggerBackendOptions): ConfigError[] {
  const { level = 'info', format = 'json', sync = false } = options;
  const faults: ConfigError[] = [];
  if (!LEVELS.includes(level))
    faults.push(fault(`level is ${showChoice(level, LEVELS)}; it can be ${LEVELS.join(', ')}.`, 'leave it out (info)'));
  if (!['json', 'reference'].includes(format)) {
    faults.push(
      fault(
        `format is ${showChoice(format, ['json', 'reference'])}; it can be "json" or "reference".`,
        'leave it out (json)',
      ),
    );
  }
  if (typeof sync !== 'boolean')
    faults.push(fault(`sync is ${showValue(sync)}; it can be true or false.`, 'leave it out (false)'));
  for (const name of SIZES) {
    const value: unknown = options[name];
    if (value === undefined || (typeof value === 'number' && value >= 0 && Number.isFinite(value))) continue;
    faults.push(fault(`${name} is ${showValue(value)}, not a number from 0 up.`, 'leave it out, or give a number'));
  }
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name))
      faults.push(
        fault(
          `the option ${showOption(name, KNOWN)} is unknown; known are ${KNOWN.join(', ')}.`,
          unknownBackendOptionFix(name, KNOWN),
        ),
      );
  }
  return faults;
}

function fault(what: string, fix: string): ConfigError {
  return { path: 'LoggerBackend', what, fix };
}

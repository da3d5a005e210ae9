import type { LoggerService } from '@nestjs/common';
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionPlace, OptionRules } from '../../common/option-place';
import { checked, flag, number, oneOf, text, value } from '../../common/option-rules';
import { showValue } from '../../common/show-value';
import { hasMethod } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';
import { pinoIn } from './pino-in';
import type { NestPinoLogger, PinoLogger } from './pino-logger';

export type LoggerLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

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
  readonly level?: LoggerLevel | undefined;
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

const EXAMPLE = "backend(LoggerBackend, { path: 'tracking.log' })";
const SIZE = number({ min: 0 }, { fix: 'leave it out, or give a number' });

const RULES: OptionRules<LoggerBackendOptions> = {
  path: text({ expected: 'the name of a file', fix: EXAMPLE }),
  pino: value('a pino logger or a logger of nestjs-pino', (pino) => pinoIn(pino) !== undefined, {
    fix: 'backend(LoggerBackend, { pino: pino() })',
  }),
  logger: value('true or a logger of Nest', (logger) => logger === true || hasMethod(logger, 'log'), {
    fix: 'backend(LoggerBackend, { logger: true })',
  }),
  mode: checked('permissions to read and write, also for the owner', checkMode),
  level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { fix: 'leave it out (info)' }),
  format: oneOf(['json', 'reference'], { fix: 'leave it out (json)' }),
  sync: flag({ fix: 'leave it out (false)' }),
  maxEventBytes: SIZE,
  bufferBytes: SIZE,
  maxWaitMs: SIZE,
  maxHeldBytes: SIZE,
  rotationCheckMs: SIZE,
};

/** Checks the options of a LoggerBackend. @throws TrackingConfigException with all errors */
export function checkLoggerOptions(options: LoggerBackendOptions): void {
  const check = backendOptionChecker('LoggerBackend', EXAMPLE);
  check.read(options, RULES, (given) => {
    checkTarget(given, check);
  });
  check.throwIfAny();
}

function checkTarget(given: GivenOptions<LoggerBackendOptions>, check: OptionChecker): void {
  const { path, pino, logger, level, mode } = given;
  const targets = Object.entries({ path, pino, logger }).filter(([, target]) => target !== undefined);
  if (targets.length > 1) {
    const names = targets.map(([name]) => name).join(' and ');
    check.add(`${names} are set, but lines go to one place.`, 'use a backend for each');
  }
  if (level !== undefined && pino === undefined && logger === undefined) {
    check.add("level is set, but only pino and Nest's logger have levels.", 'leave it out, or add pino or logger');
  }
  if (mode !== undefined && path === undefined) {
    check.add('mode is set, but only a file has permissions.', 'leave it out, or add a path');
  }
}

/** The owner must be able to read and write: otherwise the file could not be opened again. */
function checkMode(mode: unknown, place: OptionPlace): void {
  const digits = typeof mode === 'number' && Number.isInteger(mode) ? mode : undefined;
  if (digits !== undefined && (digits & ~0o666) === 0 && (digits & 0o600) === 0o600) return;
  const shown = digits === undefined ? showValue(mode) : `${String(digits)} (0o${digits.toString(8)})`;
  // 640 instead of 0o640.
  const isOctalMeant = digits !== undefined && /^[0-7]{3}$/.test(String(digits));
  place.reject(
    shown,
    'permissions to read and write, also for the owner',
    `mode: ${isOctalMeant ? `0o${String(digits)}` : '0o640'}`,
  );
}

import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import type { DropReason } from '../../ledger/reasons';
import type { Envelope } from '../../event/envelope';
import { referenceText } from '../../event/reference-text';
import type { LogTarget } from './log-target';
import type { LoggerLevel } from './logger-options';
import { pinoIn } from './pino-in';
import { flushPino, PinoTarget } from './pino-target';

const NEST_METHODS = {
  trace: 'verbose',
  debug: 'debug',
  info: 'log',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
} as const;

/**
 * Writes to a Nest logger: the line of the event, or the event itself if the logger writes JSON.
 */
export class NestTarget implements LogTarget {
  readonly callsApplication = true;
  private readonly pino: PinoTarget;

  constructor(
    private readonly logger: LoggerService,
    private readonly level: LoggerLevel,
    private readonly isReference: boolean,
    private readonly maxEventBytes: number,
  ) {
    this.pino = new PinoTarget(undefined, level, isReference, maxEventBytes);
  }

  write(envelope: Envelope): DropReason | undefined {
    // The application may use nestjs-pino's Logger as the Nest logger.
    const behind = loggerBehind(this.logger);
    const pino = pinoIn(behind);
    if (pino !== undefined) return this.pino.writeTo(pino, envelope);
    const text = this.isReference ? referenceText(envelope.event) : envelope.text();
    if (Buffer.byteLength(text) > this.maxEventBytes) return 'too-large';
    const { logger } = this;
    const message = !this.isReference && writesJson(behind) ? envelope.stored() : text;
    // A logger may lack a level, but every logger has `log`.
    const method = NEST_METHODS[this.level];
    if (typeof logger[method] === 'function') logger[method](message);
    else logger.log(message);
    return undefined;
  }

  async flush(): Promise<void> {
    await flushPino(pinoIn(loggerBehind(this.logger)));
  }
}

/**
 * Returns the logger behind a Nest Logger. Called for each event, because `app.useLogger` may
 * change it.
 */
function loggerBehind(logger: LoggerService): unknown {
  return logger instanceof Logger ? Reflect.get(logger, 'localInstance') : logger;
}

/** Members used of Nest's ConsoleLogger, whose options are protected. */
interface ConsoleState {
  readonly options?: { readonly json?: unknown; readonly colors?: unknown };
  readonly inspectOptions?: { readonly compact?: unknown };
}

/**
 * True for Nest's own ConsoleLogger if it writes lines of JSON: a string would be JSON within JSON,
 * which log stores do not parse. False for a derived class, which may expect text. False with
 * colors or `compact: false`, because then the output is not JSON.
 */
function writesJson(target: unknown): boolean {
  if (!(target instanceof ConsoleLogger) || target.constructor !== ConsoleLogger) return false;
  const { options, inspectOptions } = target as unknown as ConsoleState;
  return options?.json === true && options.colors !== true && inspectOptions?.compact === true;
}

import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import type { DropReason } from '../../ledger/reasons';
import type { Envelope } from '../../event/envelope';
import { referenceText } from '../../event/reference-text';
import type { LogTarget } from './log-target';
import type { LogLevel } from './logger-options';
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

/** Writes to a logger of Nest: the line of the event, or the event itself to one that makes JSON of what it gets. */
export class NestTarget implements LogTarget {
  readonly callsApplication = true;
  private readonly pino: PinoTarget;

  constructor(
    private readonly logger: LoggerService,
    private readonly level: LogLevel,
    private readonly isReference: boolean,
    private readonly maxEventBytes: number,
  ) {
    this.pino = new PinoTarget(undefined, level, isReference, maxEventBytes);
  }

  write(envelope: Envelope): DropReason | undefined {
    // The application may have set nestjs-pino's Logger as that of Nest.
    const behind = loggerBehind(this.logger);
    const pino = pinoIn(behind);
    if (pino !== undefined) return this.pino.writeTo(pino, envelope);
    const text = this.isReference ? referenceText(envelope.event) : envelope.text();
    if (Buffer.byteLength(text) > this.maxEventBytes) return 'too-large';
    const { logger } = this;
    const message = !this.isReference && writesJson(behind) ? envelope.stored() : text;
    // A logger need not have every level; the nearest that each has is `log`.
    const method = NEST_METHODS[this.level];
    if (typeof logger[method] === 'function') logger[method](message);
    else logger.log(message);
    return undefined;
  }

  async flush(): Promise<void> {
    await flushPino(pinoIn(loggerBehind(this.logger)));
  }
}

/** What a Logger of Nest passes its messages on to. Read for each event: `app.useLogger` may change it. */
function loggerBehind(logger: LoggerService): unknown {
  return logger instanceof Logger ? Reflect.get(logger, 'localInstance') : logger;
}

/** What is known of Nest's ConsoleLogger, whose options are protected. */
interface ConsoleState {
  readonly options?: { readonly json?: unknown; readonly colors?: unknown };
  readonly inspectOptions?: { readonly compact?: unknown };
}

/**
 * True for Nest's own ConsoleLogger where it writes lines of JSON: text would be JSON within JSON there, which no log store reads.
 * Not for a class derived from it, which may expect text; and not with colors or `compact: false`, since then it writes no JSON.
 */
function writesJson(target: unknown): boolean {
  if (!(target instanceof ConsoleLogger) || target.constructor !== ConsoleLogger) return false;
  const { options, inspectOptions } = target as unknown as ConsoleState;
  return options?.json === true && options.colors !== true && inspectOptions?.compact === true;
}

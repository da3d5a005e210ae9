import { resolve } from 'node:path';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { CatalogLog } from '../../catalog/catalog-keeper';
import type { DeliveryCounts } from '../../ledger/counts';
import type { DropReason } from '../../ledger/reasons';
import type { OutcomeClaim } from '../../delivery/outcome-claim';
import type { Envelope } from '../../event/envelope';
import type { Notices } from '../../common/notices';
import { referenceText } from '../../event/reference-text';
import type { BuiltInBackend } from '../../routing/contracts';
import { NODE_OPTIONS } from '../../routing/tokens';
import { LineWriter } from './line-writer';
import type { LogTarget } from './log-target';
import { NestTarget } from './nest-target';
import { checkLoggerOptions, type LoggerBackendOptions } from './logger-options';
import { PinoTarget } from './pino-target';

/**
 * Writes each event as one line: to a file, to standard output, to a pino logger, or to a Nest
 * logger. Lines for a file are collected (16 KB or 100 ms) and written in the background. `flush`,
 * closing the application and the exit of the process write the lines held in memory.
 * @throws TrackingConfigException with all errors in its options
 */
@Injectable()
export class LoggerBackend implements BuiltInBackend, CatalogLog {
  readonly isBuiltIn = true;
  readonly callsApplication: boolean;
  private readonly target: LogTarget;
  private readonly writer: LineWriter | undefined;
  private readonly sync: boolean;
  private say = (text: string): void => {
    new Logger('Tracking').warn(text);
  };

  readonly takesCatalogAsEvent = true;

  constructor(@Optional() @Inject(NODE_OPTIONS) options: LoggerBackendOptions = {}) {
    checkLoggerOptions(options);
    const { pino, logger, level = 'info', format = 'json', maxEventBytes = Infinity } = options;
    const isReference = format === 'reference';
    this.sync = options.sync ?? false;
    if (pino !== undefined) {
      this.target = new PinoTarget(pino, level, isReference, maxEventBytes);
    } else if (logger !== undefined) {
      this.target = new NestTarget(
        logger === true ? new Logger('Tracking') : logger,
        level,
        isReference,
        maxEventBytes,
      );
    } else {
      this.writer = new LineWriter(writerOptions(options), (text) => {
        this.say(text);
      });
      this.target = new LineTarget(this.writer, isReference, maxEventBytes);
    }
    this.callsApplication = this.target.callsApplication;
  }

  /** Creates the instance that is injected while the logger is switched off. It opens nothing. */
  static idle(): LoggerBackend {
    return new LoggerBackend({ logger: { log: () => undefined, error: () => undefined, warn: () => undefined } });
  }

  readonly optionToHoldNone = 'sync: true for the LoggerBackend';

  get holdsEvents(): boolean {
    return this.writer !== undefined && !this.sync;
  }

  /** @internal */
  attach(place: string, notices: Notices): void {
    this.say = (text) => {
      notices.warn(`${place}: ${text}`);
    };
    this.writer?.open();
  }

  /** @internal */
  accept(envelope: Envelope, claim?: OutcomeClaim): DropReason | undefined {
    const refused = this.target.write(envelope);
    if (claim !== undefined && refused === undefined) this.answer(claim);
    return refused;
  }

  /**
   * Closes the file and opens it again by its path. A rotation is also detected without this call,
   * within a second.
   */
  reopen(): void {
    this.writer?.reopen();
  }

  async flush(): Promise<void> {
    await this.writer?.flush();
    await this.target.flush?.();
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.writer?.end(timeoutMs);
    await this.target.flush?.();
  }

  flushSync(): void {
    this.writer?.flushSync();
  }

  delivery(): DeliveryCounts | undefined {
    return this.writer?.counts();
  }

  /** Waits until the line that was written last is in the file or with the logger. */
  private answer({ onOutcome }: OutcomeClaim): void {
    const written = this.writer === undefined ? this.flush() : this.writer.written();
    written.then(
      () => {
        onOutcome('delivered');
      },
      () => {
        onOutcome('dropped');
      },
    );
  }
}

function writerOptions(options: LoggerBackendOptions): ConstructorParameters<typeof LineWriter>[0] {
  const { mode = 0o640, sync = false, bufferBytes = 16_384, maxWaitMs = 100 } = options;
  const { maxHeldBytes = 16_777_216, rotationCheckMs = 1000 } = options;
  // Resolved now: the working directory may change later, but the log keeps its place.
  const path = options.path === undefined ? undefined : resolve(options.path);
  return { path, mode, sync, bufferBytes, maxWaitMs, maxHeldBytes, rotationCheckMs };
}

class LineTarget implements LogTarget {
  readonly callsApplication = false;

  constructor(
    private readonly writer: LineWriter,
    private readonly isReference: boolean,
    private readonly maxEventBytes: number,
  ) {}

  write(envelope: Envelope): DropReason | undefined {
    const line = this.isReference ? referenceText(envelope.event) : envelope.text();
    if (this.maxEventBytes !== Infinity && this.bytesOf(envelope, line) > this.maxEventBytes) return 'too-large';
    return this.writer.write(line);
  }

  /**
   * Returns the size of a line. The text in reference format is ASCII, so its length is its size.
   */
  private bytesOf(envelope: Envelope, line: string): number {
    return this.isReference ? line.length : envelope.bytes();
  }
}

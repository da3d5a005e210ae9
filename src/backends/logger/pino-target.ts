import type { DropReason } from '../../ledger/reasons';
import type { Envelope } from '../../event/envelope';
import { referenceText } from '../../event/reference-text';
import type { LogTarget } from './log-target';
import type { LoggerLevel } from './logger-options';
import type { PinoLogger } from './pino-logger';
import { pinoIn } from './pino-in';

/** Logs through pino, or through a nestjs-pino class that has a pino logger. */
export class PinoTarget implements LogTarget {
  readonly callsApplication = true;

  constructor(
    private readonly given: unknown,
    private readonly level: LoggerLevel,
    private readonly isReference: boolean,
    private readonly maxEventBytes: number,
  ) {}

  write(envelope: Envelope): DropReason | undefined {
    return this.writeTo(pinoIn(this.given), envelope);
  }

  /** @param pino undefined drops the event */
  writeTo(pino: PinoLogger | undefined, envelope: Envelope): DropReason | undefined {
    if (pino?.isLevelEnabled(this.level) !== true) return 'filtered';
    return this.isReference ? this.writeText(envelope, pino) : this.writeObject(envelope, pino);
  }

  async flush(): Promise<void> {
    await flushPino(pinoIn(this.given));
  }

  private writeText(envelope: Envelope, pino: PinoLogger): DropReason | undefined {
    const text = referenceText(envelope.event);
    if (text.length > this.maxEventBytes) return 'too-large';
    pino[this.level](text);
    return undefined;
  }

  private writeObject(envelope: Envelope, pino: PinoLogger): DropReason | undefined {
    if (this.maxEventBytes !== Infinity && envelope.bytes() > this.maxEventBytes) return 'too-large';
    pino[this.level]({ event: envelope.stored() }, envelope.name);
    return undefined;
  }
}

/** Flushes pino, for at most 1000 ms: pino calls back only if its destination can flush. */
export async function flushPino(pino: PinoLogger | undefined): Promise<void> {
  if (typeof pino?.flush !== 'function') return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1000);
    pino.flush?.(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

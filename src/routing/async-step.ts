import type { DropReason } from '../ledger/reasons';
import { MAX_TIMER_MS } from '../common/clock';
import type { Envelope } from '../event/envelope';
import type { AsyncProcessor } from './contracts';
import { afterFailure, taken, type Buried, type OnError, type StepSurroundings } from './processor-step';

export interface AsyncStepSettings {
  readonly onError: OnError;
  /** Timeout for one event, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum number of calls in progress at once, across all events. */
  readonly concurrency: number;
}

/** Runs one AsyncProcessor behind a queue. */
export class AsyncStep {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly processor: AsyncProcessor,
    private readonly settings: AsyncStepSettings,
    private readonly surroundings: StepSurroundings,
  ) {}

  /** Runs the processor on one event. Never rejects. */
  async runAsync(envelope: Envelope, signal: AbortSignal): Promise<Envelope | DropReason | Buried> {
    while (this.underWay >= this.settings.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.underWay++;
    try {
      const copy = envelope.copy();
      const result = taken(envelope, copy, await this.call(envelope, copy, signal));
      // The application may keep a reference and change the event later.
      return typeof result === 'string' ? result : result.hold();
    } catch (error) {
      // Shutdown interrupted it: not a failure, the event is processed again.
      if (signal.aborted) return envelope;
      return afterFailure(envelope, error, this.settings.onError, this.surroundings);
    } finally {
      this.underWay--;
      this.waiting.shift()?.();
    }
  }

  private async call(envelope: Envelope, copy: ReturnType<Envelope['copy']>, ended: AbortSignal): Promise<unknown> {
    const { timeoutMs } = this.settings;
    const controller = new AbortController();
    const stop = (reason: unknown): void => {
      controller.abort(reason);
    };
    const onEnded = (): void => {
      stop(ended.reason);
    };
    const timer = setTimeout(
      () => {
        stop(new Error(`no result within ${String(timeoutMs)} ms`));
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    ended.addEventListener('abort', onEnded);
    if (ended.aborted) onEnded();
    const { place, processing } = this.surroundings;
    try {
      const given = processing.runAsync(envelope.id, envelope.depth, place, async () =>
        this.processor.processAsync(copy, controller.signal),
      );
      given.catch(() => undefined); // no one awaits a call that ends after its timeout
      return await Promise.race([given, whenAborted(controller.signal)]);
    } finally {
      clearTimeout(timer);
      ended.removeEventListener('abort', onEnded);
    }
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}

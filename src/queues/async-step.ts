import { MAX_TIMER_MS } from '../common/clock';
import type { Envelope } from '../event/envelope';
import type { AsyncProcessor } from '../routing/contracts';
import { afterFailure, taken, type ProcessorStep, type StepHost } from '../routing/processor-step';
import { isEnded, type StepResult } from '../routing/run-steps';
import type { StepSettings } from '../routing/tree-plan';

/** Runs one AsyncProcessor behind a queue. */
export class AsyncStep {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly processor: AsyncProcessor,
    private readonly settings: StepSettings,
    private readonly host: StepHost,
  ) {}

  /** Runs the processor on one event. Never rejects. */
  async runAsync(envelope: Envelope, signal: AbortSignal): Promise<StepResult> {
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
      return afterFailure(envelope, error, this.settings.onError, this.host);
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
    const { place, processing } = this.host;
    try {
      const given = processing.runAsync(envelope.id, envelope.depth, place, async () =>
        this.processor.processAsync(copy, controller.signal),
      );
      return await Promise.race([given, whenAborted(controller.signal)]);
    } finally {
      clearTimeout(timer);
      ended.removeEventListener('abort', onEnded);
    }
  }
}

/**
 * Runs steps in order, some of which wait, up to the first one that does not return the event.
 * @returns the result; undefined if `signal` was aborted meanwhile, since the result of a processor
 *   that was interrupted is not its real one
 */
export async function runWaitingSteps(
  steps: readonly (ProcessorStep | AsyncStep)[],
  envelope: Envelope,
  signal: AbortSignal,
): Promise<StepResult | undefined> {
  let current = envelope;
  for (const step of steps) {
    const next = step instanceof AsyncStep ? await step.runAsync(current, signal) : step.run(current);
    if (signal.aborted) return undefined;
    if (isEnded(next)) return next;
    current = next;
  }
  return current;
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

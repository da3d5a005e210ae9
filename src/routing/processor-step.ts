import { performance } from 'node:perf_hooks';
import type { DropReason, NodeLedger } from '../delivery/node-ledger';
import type { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import type { Notices } from '../event/notices';
import type { EventProcessor, NameFilter, Processor } from './contracts';
import { EventEmissionExit } from './event-emission-exit';
import type { Processing } from './processing';

/** Beyond this a processor costs more than the request can spare, and somebody should know its name. */
const SLOW_MS = 5;

/** What a failing processor means for its event: 'skip' lets it go on as it was before, 'drop' holds it back. */
export type OnError = 'skip' | 'drop';

export interface StepSurroundings {
  /** The processor as it stands in the configuration: `backends.caliper.processors[0] (Redact)`. */
  readonly place: string;
  readonly ledger: NodeLedger;
  readonly notices: Notices;
  readonly processing: Processing;
}

/** One processor of one node: gives back the event for the next one, or the reason why there is none. Never throws. */
export interface ProcessorStep {
  run(envelope: Envelope): Envelope | DropReason;
}

/** @param processor a function, or an instance with `process`; shipped filters by name are recognised by `keepsName` */
export function processorStep(
  processor: Processor | EventProcessor,
  onError: OnError,
  surroundings: StepSurroundings,
): ProcessorStep {
  if (typeof processor === 'function') return new ApplicationStep(processor, onError, surroundings);
  if (isNameFilter(processor)) return new NameFilterStep(processor, surroundings);
  return new ApplicationStep((event) => processor.process(event), onError, surroundings);
}

function isNameFilter(processor: EventProcessor): processor is NameFilter {
  return typeof (processor as Partial<NameFilter>).keepsName === 'function';
}

/** A filter that cannot decide must hold the event back: what it guards may be privacy. */
class NameFilterStep implements ProcessorStep {
  constructor(
    private readonly filter: NameFilter,
    private readonly surroundings: StepSurroundings,
  ) {}

  run(envelope: Envelope): Envelope | DropReason {
    try {
      return this.filter.keepsName(envelope.name) ? envelope : 'filtered';
    } catch (error) {
      reportFailure(this.surroundings, error, 'The event was held back.');
      return 'processor-failed';
    }
  }
}

/**
 * Code of the application: it gets a copy, so that a processor which fails half-way leaves nothing behind and a sibling branch
 * never sees its changes. Whatever it returns is brought to normal form again.
 */
class ApplicationStep implements ProcessorStep {
  constructor(
    private readonly process: Processor,
    private readonly onError: OnError,
    private readonly surroundings: StepSurroundings,
  ) {}

  run(envelope: Envelope): Envelope | DropReason {
    const { place, processing } = this.surroundings;
    try {
      const copy = envelope.copy();
      const startedAt = performance.now();
      const result: unknown = processing.run(envelope.id, envelope.depth, place, () => this.process(copy));
      const tookMs = performance.now() - startedAt;
      if (tookMs > SLOW_MS) this.reportSlow(tookMs);
      if (result === undefined) return envelope.with(copy);
      if (result === null) return 'filtered';
      if (isPromise(result)) return this.refusePromise(result);
      if (!isEvent(result)) throw new TypeError('it returned neither an event, nor null, nor nothing');
      return envelope.with(result);
    } catch (error) {
      if (isExit(error)) return 'cancelled';
      return this.failed(envelope, error);
    }
  }

  private failed(envelope: Envelope, error: unknown): Envelope | DropReason {
    if (this.onError === 'drop') {
      reportFailure(this.surroundings, error, 'The event was held back, as onError: "drop" asks.');
      return 'processor-failed';
    }
    reportFailure(this.surroundings, error, 'The event went on as it was before this processor.');
    return envelope;
  }

  private refusePromise(result: PromiseLike<unknown>): DropReason {
    // Its own failure would otherwise end the process as an unhandled rejection.
    result.then(undefined, () => undefined);
    const { place, notices } = this.surroundings;
    notices.once(
      `async-processor ${place}`,
      () =>
        `${place} returned a promise, so its events are dropped ('async-processor'): emit waits for nothing. ` +
        'Mend: make it synchronous, and do the waiting part before emit or in a backend.',
    );
    return 'async-processor';
  }

  private reportSlow(tookMs: number): void {
    const { place, notices } = this.surroundings;
    notices.once(
      `slow ${place}`,
      () =>
        `${place} took ${tookMs.toFixed(1)} ms for one event, and emit waits for it. Mend: make it cheaper, ` +
        'or let it stand in the branch that needs it behind a filter. (Told once; it may happen again.)',
    );
  }
}

function reportFailure({ place, ledger, notices }: StepSurroundings, error: unknown, consequence: string): void {
  ledger.fail(place);
  notices.once(
    `failed ${place}`,
    () => `${place} failed: ${describeError(error)}. ${consequence} (Told once; the ledger counts on.)`,
  );
}

/** Anything can be thrown, a revoked proxy too, which throws when it is looked at. */
function isExit(error: unknown): boolean {
  try {
    return error instanceof EventEmissionExit;
  } catch {
    return false;
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** {} or a list is no event: letting it through would lose the one that came in. */
function isEvent(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    ('name' in value || 'data' in value || 'context' in value || 'timestamp' in value)
  );
}

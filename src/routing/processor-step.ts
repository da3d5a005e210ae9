import { performance } from 'node:perf_hooks';
import type { DropReason } from '../ledger/reasons';
import type { NodeLedger } from '../ledger/node-ledger';
import type { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import type { Notices } from '../common/notices';
import { AsyncResult, synchronous } from '../common/async-result';
import type { EnvelopeProcessor, EventProcessor, NameFilter, Processor } from './contracts';
import { EventEmissionExit } from './event-emission-exit';
import type { Processing } from './processing';

export { isPromise } from '../common/async-result';

/**
 * Duration in milliseconds above which a processor is logged as slow, because emit waits for it.
 */
const SLOW_MS = 5;

/**
 * Effect of a failed processor on its event. 'skip' continues with the event as it was before the
 * processor. 'drop' drops the event. 'dead-letter' keeps the event among the dead letters; it is
 * allowed only for processors behind the queue of an AsyncRoutingBackend.
 */
export type OnError = 'skip' | 'drop' | 'dead-letter';

/** Event whose processor failed and that must be kept as a dead letter. */
export class Buried {
  constructor(readonly reason: string) {}
}

export interface StepHost {
  /** Place of the processor in the configuration: `backends.caliper.processors[0] (Redact)`. */
  readonly place: string;
  readonly ledger: Pick<NodeLedger, 'fail'>;
  readonly notices: Notices;
  readonly processing: Processing;
}

/**
 * Runs one processor of one node. Returns the event for the next step, or the reason for the drop.
 * Never throws.
 */
export interface ProcessorStep {
  /** Place of the processor in the configuration. */
  readonly place: string;
  run(envelope: Envelope): Envelope | DropReason | Buried;
}

/**
 * @param processor a function, or an instance with `process`. Shipped processors are recognized by
 *   `keepsName` and `processEnvelope`.
 */
export function processorStep(processor: Processor | EventProcessor, onError: OnError, host: StepHost): ProcessorStep {
  if (typeof processor === 'function') return new ApplicationStep(processor, onError, host);
  if (isNameFilter(processor)) return new NameFilterStep(processor, host);
  if (isEnvelopeProcessor(processor)) return new EnvelopeStep(processor, onError, host);
  return new ApplicationStep((event) => processor.process(event), onError, host);
}

export function isNameFilter(processor: unknown): processor is NameFilter {
  return typeof (processor as Partial<NameFilter>).keepsName === 'function';
}

function isEnvelopeProcessor(processor: EventProcessor): processor is EnvelopeProcessor {
  return typeof (processor as Partial<EnvelopeProcessor>).processEnvelope === 'function';
}

/** Runs a name filter. A filter that fails drops the event, because it may guard privacy. */
class NameFilterStep implements ProcessorStep {
  constructor(
    private readonly filter: NameFilter,
    private readonly host: StepHost,
  ) {}

  get place(): string {
    return this.host.place;
  }

  run(envelope: Envelope): Envelope | DropReason {
    try {
      return this.filter.keepsName(envelope.name) ? envelope : 'filtered';
    } catch (error) {
      reportFailure(this.host, error, 'The event was held back.');
      return 'processor-failed';
    }
  }
}

/** Runs a processor that calls application code. */
abstract class ApplicationCodeStep implements ProcessorStep {
  constructor(
    private readonly onError: OnError,
    private readonly host: StepHost,
  ) {}

  abstract run(envelope: Envelope): Envelope | DropReason | Buried;

  get place(): string {
    return this.host.place;
  }

  /**
   * Runs `code` so that events it emits are derived from this event, and logs once if it is slow.
   */
  protected call<T>(envelope: Envelope, code: () => T): T {
    const { place, processing } = this.host;
    const startedAt = performance.now();
    const result = processing.run(envelope.id, envelope.depth, place, code);
    const tookMs = performance.now() - startedAt;
    if (tookMs > SLOW_MS) this.reportSlow(tookMs);
    return result;
  }

  protected ended(envelope: Envelope, error: unknown): Envelope | DropReason | Buried {
    if (isA(AsyncResult, error)) return this.refusePromise();
    return afterFailure(envelope, error, this.onError, this.host);
  }

  private refusePromise(): DropReason {
    const { place, notices } = this.host;
    notices.once(
      `async-processor ${place}`,
      () =>
        `${place} returned a promise, so its events are dropped ('async-processor'): emit waits for nothing. ` +
        'Fix: make it synchronous, and do the waiting part before emit or in a backend.',
    );
    return 'async-processor';
  }

  private reportSlow(tookMs: number): void {
    const { place, notices } = this.host;
    notices.once(
      `slow ${place}`,
      () =>
        `${place} took ${tookMs.toFixed(1)} ms for one event, and emit waits for it. Fix: make it cheaper, ` +
        'or move it into the branch that needs it, behind a filter. (Logged once; it may happen again.)',
    );
  }
}

/**
 * Runs an application's own processor on a copy. A processor that fails half-way therefore leaves
 * no changes, and a sibling branch never sees its changes. The result is normalized again.
 */
class ApplicationStep extends ApplicationCodeStep {
  constructor(
    private readonly process: Processor,
    onError: OnError,
    host: StepHost,
  ) {
    super(onError, host);
  }

  run(envelope: Envelope): Envelope | DropReason | Buried {
    try {
      const copy = envelope.copy();
      return taken(envelope, copy, synchronous(this.call(envelope, () => this.process(copy))));
    } catch (error) {
      return this.ended(envelope, error);
    }
  }
}

/**
 * Runs a shipped processor. It shares the event, and its result is already in normal form, so
 * nothing is copied or traversed.
 */
class EnvelopeStep extends ApplicationCodeStep {
  private readonly process: (envelope: Envelope) => Envelope | DropReason;

  constructor(processor: EnvelopeProcessor, onError: OnError, host: StepHost) {
    super(processor.failsClosed && onError === 'skip' ? 'drop' : onError, host);
    this.process = processor.callsApplication
      ? (envelope) => this.call(envelope, () => processor.processEnvelope(envelope))
      : (envelope) => processor.processEnvelope(envelope);
  }

  run(envelope: Envelope): Envelope | DropReason | Buried {
    try {
      return this.process(envelope);
    } catch (error) {
      return this.ended(envelope, error);
    }
  }
}

/**
 * Returns the event after an application's own processor: the changed copy, or the replacement.
 * @throws TypeError if the result is not an event
 */
export function taken(envelope: Envelope, copy: object, result: unknown): Envelope | DropReason {
  if (result === undefined) return envelope.with(copy);
  if (result === null) return 'filtered';
  if (!isEvent(result)) throw new TypeError('it returned neither an event, nor null, nor nothing');
  return envelope.with(result);
}

export function afterFailure(
  envelope: Envelope,
  error: unknown,
  onError: OnError,
  host: StepHost,
): Envelope | DropReason | Buried {
  if (isA(EventEmissionExit, error)) return 'cancelled';
  if (onError === 'skip') {
    reportFailure(host, error, 'The event went on as it was before this processor.');
    return envelope;
  }
  if (onError === 'drop') {
    reportFailure(host, error, 'The event was held back.');
    return 'processor-failed';
  }
  reportFailure(host, error, 'The event became a dead letter.');
  return new Buried(`processor-failed: ${host.place}: ${describeError(error)}`);
}

function reportFailure({ place, ledger, notices }: StepHost, error: unknown, consequence: string): void {
  ledger.fail(place);
  notices.once(
    `failed ${place}`,
    () => `${place} failed: ${describeError(error)}. ${consequence} (Logged once; the ledger counts on.)`,
  );
}

/**
 * Tests the class of a thrown value. Any value can be thrown, including a revoked proxy, which
 * throws when it is inspected.
 */
function isA(type: new () => Error, error: unknown): boolean {
  try {
    return error instanceof type;
  } catch {
    return false;
  }
}

/**
 * Accepts only objects with a field of an event: to accept {} or an array would lose the original
 * event.
 */
function isEvent(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    ('name' in value || 'data' in value || 'context' in value || 'timestamp' in value)
  );
}

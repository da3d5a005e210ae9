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

/** Beyond this a processor costs more than the request can spare, and somebody should know its name. */
const SLOW_MS = 5;

/**
 * What a failing processor means for its event: 'skip' lets it go on as it was before, 'drop' holds it back, and 'dead-letter',
 * for processors that run behind the queue of an AsyncRoutingBackend, keeps it among the dead letters.
 */
export type OnError = 'skip' | 'drop' | 'dead-letter';

/** An event that its processor could not process, and that must not be lost for that. */
export class Buried {
  constructor(readonly reason: string) {}
}

export interface StepSurroundings {
  /** The processor as it stands in the configuration: `backends.caliper.processors[0] (Redact)`. */
  readonly place: string;
  readonly ledger: Pick<NodeLedger, 'fail'>;
  readonly notices: Notices;
  readonly processing: Processing;
}

/** One processor of one node: gives back the event for the next one, or the reason why there is none. Never throws. */
export interface ProcessorStep {
  run(envelope: Envelope): Envelope | DropReason | Buried;
}

/** @param processor a function, or an instance with `process`; shipped ones are recognised by `keepsName` and `processEnvelope` */
export function processorStep(
  processor: Processor | EventProcessor,
  onError: OnError,
  surroundings: StepSurroundings,
): ProcessorStep {
  if (typeof processor === 'function') return new ApplicationStep(processor, onError, surroundings);
  if (isNameFilter(processor)) return new NameFilterStep(processor, surroundings);
  if (isEnvelopeProcessor(processor)) return new EnvelopeStep(processor, onError, surroundings);
  return new ApplicationStep((event) => processor.process(event), onError, surroundings);
}

export function isNameFilter(processor: unknown): processor is NameFilter {
  return typeof (processor as Partial<NameFilter>).keepsName === 'function';
}

function isEnvelopeProcessor(processor: EventProcessor): processor is EnvelopeProcessor {
  return typeof (processor as Partial<EnvelopeProcessor>).processEnvelope === 'function';
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

/** A step in which code of the application runs. */
abstract class ApplicationCodeStep implements ProcessorStep {
  constructor(
    private readonly onError: OnError,
    private readonly surroundings: StepSurroundings,
  ) {}

  abstract run(envelope: Envelope): Envelope | DropReason | Buried;

  /** Runs `code` such that what it emits is known to come from this event, and that somebody hears if it is slow. */
  protected call<T>(envelope: Envelope, code: () => T): T {
    const { place, processing } = this.surroundings;
    const startedAt = performance.now();
    const result = processing.run(envelope.id, envelope.depth, place, code);
    const tookMs = performance.now() - startedAt;
    if (tookMs > SLOW_MS) this.reportSlow(tookMs);
    return result;
  }

  protected ended(envelope: Envelope, error: unknown): Envelope | DropReason | Buried {
    if (isA(AsyncResult, error)) return this.refusePromise();
    return afterFailure(envelope, error, this.onError, this.surroundings);
  }

  private refusePromise(): DropReason {
    const { place, notices } = this.surroundings;
    notices.once(
      `async-processor ${place}`,
      () =>
        `${place} returned a promise, so its events are dropped ('async-processor'): emit waits for nothing. ` +
        'Fix: make it synchronous, and do the waiting part before emit or in a backend.',
    );
    return 'async-processor';
  }

  private reportSlow(tookMs: number): void {
    const { place, notices } = this.surroundings;
    notices.once(
      `slow ${place}`,
      () =>
        `${place} took ${tookMs.toFixed(1)} ms for one event, and emit waits for it. Fix: make it cheaper, ` +
        'or let it stand in the branch that needs it behind a filter. (Told once; it may happen again.)',
    );
  }
}

/**
 * Code of the application: it gets a copy, so that a processor which fails half-way leaves nothing behind and a sibling branch
 * never sees its changes. Whatever it returns is brought to normal form again.
 */
class ApplicationStep extends ApplicationCodeStep {
  constructor(
    private readonly process: Processor,
    onError: OnError,
    surroundings: StepSurroundings,
  ) {
    super(onError, surroundings);
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

/** A shipped processor: it shares the event and gives back what is in normal form already, so nothing is copied or walked. */
class EnvelopeStep extends ApplicationCodeStep {
  private readonly process: (envelope: Envelope) => Envelope | DropReason;

  constructor(processor: EnvelopeProcessor, onError: OnError, surroundings: StepSurroundings) {
    super(processor.failsClosed && onError === 'skip' ? 'drop' : onError, surroundings);
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

/** What an application's processor left of the copy that it was given, or gave instead. @throws if that is no event */
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
  surroundings: StepSurroundings,
): Envelope | DropReason | Buried {
  if (isA(EventEmissionExit, error)) return 'cancelled';
  if (onError === 'skip') {
    reportFailure(surroundings, error, 'The event went on as it was before this processor.');
    return envelope;
  }
  if (onError === 'drop') {
    reportFailure(surroundings, error, 'The event was held back.');
    return 'processor-failed';
  }
  reportFailure(surroundings, error, 'The event became a dead letter.');
  return new Buried(`processor-failed: ${surroundings.place}: ${describeError(error)}`);
}

function reportFailure({ place, ledger, notices }: StepSurroundings, error: unknown, consequence: string): void {
  ledger.fail(place);
  notices.once(
    `failed ${place}`,
    () => `${place} failed: ${describeError(error)}. ${consequence} (Told once; the ledger counts on.)`,
  );
}

/** Anything can be thrown, a revoked proxy too, which throws when it is looked at. */
function isA(type: new () => Error, error: unknown): boolean {
  try {
    return error instanceof type;
  } catch {
    return false;
  }
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

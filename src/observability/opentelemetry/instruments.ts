/**
 * Instruments with their units and the functions that read them from the ledger. Dashboards and
 * alerts depend on the names. docs/reference/metrics.md repeats this table; a test keeps both
 * equal. The names follow the semantic conventions of OpenTelemetry: a separate namespace, UCUM
 * units, seconds, bytes, no `total`. A state metric is 1 for the current state and 0 for the
 * others.
 */
import type { BreakerState } from '../../ledger/counts';
import type { DestinationCounts } from '../../ledger/counts';
import { isLoss } from '../../ledger/reasons';
import type { DeliveryCounts, NodeCounts, QueueCounts, WorkCounts } from '../../ledger/counts';
import type { TrackerCounts } from '../../ledger/counts';

/** Attributes of a metric value. */
export const TRACKER = 'event_tracking.tracker';
export const PATH = 'event_tracking.path';
const REASON = 'event_tracking.reason';
const IS_LOSS = 'event_tracking.is_loss';
const KIND = 'event_tracking.kind';
const PLACE = 'event_tracking.place';
const STATE = 'event_tracking.state';

export type Attributes = Readonly<Record<string, string | boolean>>;

/** Value of an instrument with its attributes. */
export interface Figure {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** Instrument and the function that reads its values from counters. */
export interface InstrumentPlan<Counts> {
  readonly name: string;
  /** A counter never decreases while the process runs; an up-down counter may. */
  readonly kind: 'counter' | 'up-down-counter';
  readonly unit: string;
  readonly description: string;
  readonly read: (counts: Counts) => readonly Figure[];
}

/** Instruments of a tracker; attribute: tracker. */
export const trackerInstruments: readonly InstrumentPlan<TrackerCounts>[] = [
  counter('tracker.emitted', '{event}', 'Events that were emitted.', ({ emitted }) => one(emitted)),
  counter('tracker.dropped', '{event}', 'Events dropped before they reached a backend.', ({ dropped }) =>
    byReason(dropped),
  ),
  upDown('tracker.waiting', '{event}', 'Events that wait for the application to start.', ({ waiting }) => one(waiting)),
  upDown('tracker.held', '{event}', 'Events that open transactions hold.', ({ held }) => one(held)),
  counter('tracker.outbox', '{event}', 'Events that transactions stored in an outbox.', ({ outbox }) => one(outbox)),
  counter('tracker.relayed', '{event}', 'Events that a relay took from an outbox.', ({ relayed }) => one(relayed)),
  counter(
    'tracker.replaced',
    '{value}',
    'Values that were replaced because they cannot be serialized.',
    ({ replaced }) => by(KIND, replaced),
  ),
  counter('tracker.odd_names', '{event}', 'Events whose name was not a string.', ({ oddNames }) => one(oddNames)),
  counter(
    'tracker.uncertain_contexts',
    '{event}',
    'Events that may carry the context of another request.',
    ({ uncertainContexts }) => one(uncertainContexts),
  ),
  counter('tracker.failures', '{failure}', 'Failures of application functions.', ({ failures }) => by(PLACE, failures)),
];

/** Instruments of each node of the tree; attributes: tracker, path. */
export const nodeInstruments: readonly InstrumentPlan<NodeCounts>[] = [
  counter('node.received', '{event}', 'Events received by the node.', ({ received }) => one(received)),
  counter('node.passed', '{event}', 'Events passed to child nodes or accepted by the backend.', ({ passed }) =>
    one(passed),
  ),
  counter('node.dropped', '{event}', 'Events dropped by the node.', ({ dropped }) => byReason(dropped)),
  counter('node.failures', '{failure}', 'Failures that lost no event.', ({ failures }) => by(PLACE, failures)),
];

/**
 * Instruments of each node that writes events after it accepts them, which are destinations and log
 * files; attributes: tracker, path.
 */
export const deliveryInstruments: readonly InstrumentPlan<DeliveryCounts>[] = [
  counter('delivery.accepted', '{event}', 'Events accepted for delivery.', ({ accepted }) => one(accepted)),
  counter('delivery.delivered', '{event}', 'Events delivered.', ({ delivered }) => one(delivered)),
  counter('delivery.dropped', '{event}', 'Events lost after they were accepted.', ({ dropped }) => byReason(dropped)),
  upDown('delivery.pending', '{event}', 'Events accepted and not delivered yet.', ({ pending }) => one(pending)),
];

/**
 * Instrument of each path that has dead letters, which need not be a destination; attributes:
 * tracker, path.
 */
export const forgottenLetters: InstrumentPlan<Pick<DestinationCounts, 'forgottenDeadLetters'>> = counter(
  'delivery.forgotten_dead_letters',
  '{event}',
  'Dead letters that were lost.',
  ({ forgottenDeadLetters }) => one(forgottenDeadLetters),
);

/** Instruments of each destination; attributes: tracker, path. */
export const destinationInstruments: readonly InstrumentPlan<DestinationCounts>[] = [
  counter('delivery.recovered', '{event}', 'Events found on disk.', ({ recovered }) => one(recovered)),
  counter('delivery.redriven', '{event}', 'Dead letters queued again.', ({ redriven }) => one(redriven)),
  counter('delivery.dead_lettered', '{event}', 'Events that became dead letters.', ({ deadLettered }) =>
    one(deadLettered),
  ),
  counter('delivery.handed_over', '{event}', 'Events left on disk for the next start.', ({ handedOver }) =>
    one(handedOver),
  ),
  counter('delivery.attempts', '{attempt}', 'Calls of sendBatch.', ({ attempts }) => one(attempts)),
  counter('delivery.failed_attempts', '{attempt}', 'Calls of sendBatch that failed as a whole.', ({ failedAttempts }) =>
    one(failedAttempts),
  ),
  upDown('delivery.dead_letters', '{event}', 'Dead letters in the store.', ({ deadLetters }) => one(deadLetters)),
  forgottenLetters,
  upDown('delivery.disk.usage', 'By', 'Size of the disk queue.', ({ diskBytes }) => one(diskBytes)),
  upDown('delivery.disk.in_use', '1', '1 while new events go to the disk.', ({ isOnDisk }) => one(Number(isOnDisk))),
  upDown('delivery.disk.overflowing', '1', '1 while new events go to the disk because memory is full.', (counts) =>
    one(Number(counts.isOverflowing)),
  ),
  upDown('delivery.disk.failing', '1', '1 while the disk cannot be used.', (counts) =>
    one(Number(counts.isDiskFailing)),
  ),
  upDown('delivery.breaker.state', '1', '1 for the state of the breaker, 0 for the others.', ({ breaker }) =>
    BREAKER_STATES.map((state) => ({ value: Number(state === breaker), attributes: { [STATE]: state } })),
  ),
];

/**
 * Instruments of each AsyncRoutingBackend in a process that consumes its queue; attributes:
 * tracker, path.
 */
export const workInstruments: readonly InstrumentPlan<WorkCounts>[] = [
  counter('work.received', '{event}', 'Events taken from a queue.', ({ received }) => one(received)),
  counter('work.settled', '{event}', 'Events settled by every child node.', ({ settled }) => one(settled)),
  counter('work.dropped', '{event}', 'Events dropped by processors behind the queue.', ({ dropped }) =>
    byReason(dropped),
  ),
  counter(
    'work.dead_lettered',
    '{event}',
    'Events that became dead letters because a processor failed.',
    ({ deadLettered }) => one(deadLettered),
  ),
  counter('work.returned', '{event}', 'Events returned to the queue.', ({ returned }) => one(returned)),
  upDown('work.pending', '{event}', 'Events taken from a queue and not settled yet.', ({ pending }) => one(pending)),
  counter('work.failures', '{failure}', 'Failures behind the queue that lost no event.', ({ failures }) =>
    by(PLACE, failures),
  ),
];

/** Instruments of each AsyncRoutingBackend with an external queue; attributes: tracker, path. */
export const queueInstruments: readonly InstrumentPlan<QueueCounts>[] = [
  upDown('queue.waiting_jobs', '{job}', 'Batches waiting for a worker.', ({ waitingJobs }) => one(waitingJobs)),
  upDown('queue.active_jobs', '{job}', 'Batches being processed by workers.', ({ activeJobs }) => one(activeJobs)),
  upDown('queue.unsettled_events', '{event}', 'Events of this process that no worker has settled yet.', (counts) =>
    one(counts.unsettledEvents),
  ),
  counter(
    'queue.emptied_events',
    '{event}',
    'Upper bound of the events of this process that were in a queue when it was emptied.',
    (counts) => one(counts.emptiedEvents),
  ),
];

/**
 * Histograms, recorded as durations are measured: OpenTelemetry has no observable histogram.
 */
export const durationInstruments = {
  event: {
    name: 'event_tracking.delivery.event.duration',
    unit: 's',
    description: 'Time from the acceptance of an event to its delivery.',
  },
  attempt: {
    name: 'event_tracking.delivery.attempt.duration',
    unit: 's',
    description: 'Duration of calls of sendBatch, including failed ones.',
  },
} as const;

const BREAKER_STATES: readonly BreakerState[] = ['closed', 'open', 'probing'];

type Reader<Counts> = (counts: Counts) => readonly Figure[];

function counter<Counts>(
  name: string,
  unit: string,
  description: string,
  read: Reader<Counts>,
): InstrumentPlan<Counts> {
  return { name: `event_tracking.${name}`, kind: 'counter', unit, description, read };
}

function upDown<Counts>(name: string, unit: string, description: string, read: Reader<Counts>): InstrumentPlan<Counts> {
  return { name: `event_tracking.${name}`, kind: 'up-down-counter', unit, description, read };
}

function one(value: number): Figure[] {
  return [{ value }];
}

function by(attribute: string, counts: Readonly<Record<string, number>>): Figure[] {
  return Object.entries(counts).map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}

/**
 * Splits a counter by reason. An attribute marks each reason as a loss or not, so that alerts need
 * not list the reasons that are not losses.
 */
function byReason(counts: Readonly<Record<string, number>>): Figure[] {
  return Object.entries(counts).map(([reason, value]) => ({
    value,
    attributes: { [REASON]: reason, [IS_LOSS]: isLoss(reason) },
  }));
}

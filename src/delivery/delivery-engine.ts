import { BatchScheduler } from './batch-scheduler';
import { BatchSender } from './batch-sender';
import { Breaker } from './breaker';
import { DeadLetterBox, unreadableReason } from './dead-letter-box';
import { DeliveryLedger } from '../ledger/delivery-ledger';
import type { DeliveryDuration } from '../ledger/delivery-notice';
import type { DeliveryObserver } from './delivery-observer';
import { DeliveryReports, type ReportParts } from './delivery-reports';
import type { DeliveryTarget } from './destination';
import type { RecordStore } from '../store/record-store';
import type { LetterStore } from './letter-store';
import { EventQueue } from './event-queue';
import type { OutsideFlow } from './outside-flow';
import type { DeliverySettings } from './resolve-options';
import { Settlement } from './settlement';

export interface DeliveryParts extends ReportParts {
  /** Path of the destination in the tree. */
  readonly path: string;
  readonly destination: DeliveryTarget;
  readonly settings: DeliverySettings;
  /** The disk queue, if there is one. */
  readonly store: RecordStore | undefined;
  readonly deadLetters: LetterStore;
  /**
   * The async context in which the timers run.
   * @default the context in which the engine is opened
   */
  readonly outside?: OutsideFlow | undefined;
  /** Called with the duration of each event and each attempt, in milliseconds. */
  readonly onMeasured?: ((what: DeliveryDuration['of'], tookMs: number) => void) | undefined;
  /** Returns the object that follows the events now; undefined if there is none. */
  readonly observer?: (() => DeliveryObserver | undefined) | undefined;
}

export interface DeliveryEngine {
  readonly ledger: DeliveryLedger;
  readonly reports: DeliveryReports;
  readonly queue: EventQueue;
  readonly letters: DeadLetterBox;
  readonly breaker: Breaker;
  readonly settlement: Settlement;
  readonly scheduler: BatchScheduler;
  readonly sender: BatchSender;
}

/** Failed attempts in a row after which a destination is considered down. */
const BREAKER_FAILURES = 5;
/**
 * Rejected events in a row after which a destination is considered to reject everything: three
 * batches, within these bounds.
 */
const BREAKER_REFUSALS = { batches: 3, min: 20, max: 300 };

/**
 * Connects the parts of a delivery. Accepted events go into the queue, the scheduler takes batches
 * from it, and the sender sends them. The settlement settles their events in the queue and the
 * ledger, or puts them into the dead letters.
 * @param hooks.onPumped called after events may have been settled, or batches begun
 * @param hooks.isHopeless returns true if it is pointless to wait for the destination while the
 * application closes
 */
export function openEngine(
  parts: DeliveryParts,
  hooks: { readonly onPumped: () => void; readonly isHopeless: () => boolean },
): DeliveryEngine {
  const { path, destination, settings, store, observer } = parts;
  const ledger = new DeliveryLedger(parts.onMeasured);
  const reports = new DeliveryReports(parts, settings, classNameOf(destination));
  const letters = new DeadLetterBox(path, parts.deadLetters, (error) => {
    reports.letterLost(error);
  });
  const breaker = openBreaker(settings, ledger, reports);
  const queue: EventQueue = new EventQueue(settings, store, {
    onDropped: (reason, events) => {
      ledger.drop(reason, events);
      if (reason === 'queue-full') reports.queueFull(store !== undefined);
      else reports.diskLoss(reason, events);
    },
    onDiskFailed: (error) => {
      reports.diskFailed(error);
    },
    onDiskRecovered: () => {
      reports.diskRecovered();
    },
    onDiskBegun: () => {
      reports.diskSpillStarted();
    },
    onDiskDrained: () => {
      reports.diskDrained();
    },
    onUnwritable: (entry, error) => {
      settlement.bury([{ entry, reason: unreadableReason(error) }]);
    },
  });
  const settlement = new Settlement({ path, queue, ledger, letters, reports, observer });
  const scheduler: BatchScheduler = new BatchScheduler({
    ...{ settings, queue, breaker, outside: parts.outside, ...hooks },
    send: (batch) => {
      sender.send(batch);
    },
    giveUp: (entries, reason) => {
      settlement.bury(entries.map((entry) => ({ entry, reason })));
    },
    onIdle: () => {
      reports.emptied();
    },
    onFailure: (error) => {
      reports.failure(error);
    },
  });
  const sender = new BatchSender({
    ...{ path, destination, settings, breaker, ledger, settlement, reports, scheduler, observer },
  });
  return { ledger, reports, queue, letters, breaker, settlement, scheduler, sender };
}

/** A plain object without a class may be a destination too. */
function classNameOf(destination: object): string {
  const { name } = (destination as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
  return typeof name !== 'string' || name === '' || name === 'Object' ? 'The destination' : name;
}

function openBreaker({ batch, retry }: DeliverySettings, ledger: DeliveryLedger, reports: DeliveryReports): Breaker {
  const { batches, min, max } = BREAKER_REFUSALS;
  const refusals = Math.min(Math.max(batches * batch.maxEvents, min), max);
  return new Breaker({ ...retry, failures: BREAKER_FAILURES, refusals }, (state, reason) => {
    if (state === 'closed') reports.breakerClosed();
    else reports.breakerOpen(reason, ledger.lastErrorText);
  });
}

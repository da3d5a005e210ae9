import type { Batch } from './batch';
import type { Breaker } from './breaker';
import type { EventQueue } from './event-queue';
import type { OutsideFlow } from './outside-flow';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/** The parts and callbacks of a BatchScheduler. */
export interface SchedulerParts {
  readonly settings: DeliverySettings;
  /**
   * The async context in which the timers run.
   * @default the context in which the scheduler is made
   */
  readonly outside?: OutsideFlow | undefined;
  readonly queue: EventQueue;
  readonly breaker: Breaker;
  /** Sends a batch, and calls `conclude` later. Must not throw. */
  readonly send: (batch: Batch) => void;
  /** Called for events that are not sent again, with the reason. Must not throw. */
  readonly giveUp: (entries: readonly QueuedEvent[], reason: 'too-old' | 'attempts') => void;
  /** Called after events may have been settled, or batches begun. */
  readonly onPumped: () => void;
  /** Called whenever nothing is left. */
  readonly onIdle: () => void;
  /** Returns true if it is pointless to wait for the destination while the application closes. */
  readonly isHopeless: (now: number) => boolean;
  /** Called with an error that one of the parts threw. */
  readonly onFailure: (error: unknown) => void;
}

/** The end of an attempt to send a batch. */
export interface Conclusion {
  /** Batches that are sent again. */
  readonly again: readonly Batch[];
  /** True if the destination accepted an event. */
  readonly isTaken: boolean;
  readonly tookMs: number;
  /** Milliseconds for which the destination asked to receive no batch; 0 if it did not. */
  readonly retryAfterMs: number;
  /**
   * Resolves when a call that timed out has returned, or is not awaited any more. Until then its
   * slot stays in use.
   */
  readonly stillRunning?: Promise<void> | undefined;
}

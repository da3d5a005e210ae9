import type { Batch } from './batch';
import type { Breaker } from './breaker';
import type { EventQueue } from './event-queue';
import type { OutsideFlow } from '../common/outside-flow';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';

/** What a BatchScheduler works with, and whom it tells. */
export interface SchedulerParts {
  readonly settings: DeliverySettings;
  /** Where its timers run.  @default the flow in which the scheduler is made */
  readonly outside?: OutsideFlow | undefined;
  readonly queue: EventQueue;
  readonly breaker: Breaker;
  /** Sends a batch, and calls `conclude` later. Must not throw. */
  readonly send: (batch: Batch) => void;
  /** Told of events that are not sent again, and why. Must not throw. */
  readonly giveUp: (entries: readonly QueuedEvent[], reason: 'too-old' | 'attempts') => void;
  /** Told after anything may have been settled, or begun. */
  readonly onPumped: () => void;
  /** Told whenever nothing is left. */
  readonly onIdle: () => void;
  /** Whether it makes no sense to wait for the destination, now that the application closes. */
  readonly isHopeless: (now: number) => boolean;
  /** Told of a failure of what is called here. */
  readonly onFailure: (error: unknown) => void;
}

/** How the sending of a batch ended. */
export interface Conclusion {
  /** What is sent again. */
  readonly again: readonly Batch[];
  /** Whether the destination took an event. */
  readonly isTaken: boolean;
  readonly tookMs: number;
  /** How long the destination asked to be left alone. */
  readonly retryAfterMs: number;
  /** Resolves when a call whose time was over has returned, or is given up; until then no other takes its place. */
  readonly stillRunning?: Promise<void> | undefined;
}

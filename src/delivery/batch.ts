import type { QueuedEvent } from './queued-event';

/** Events that are sent in one call, in the order in which they were taken from the queue. */
export interface Batch {
  /** The events of the batch: at least one. */
  readonly entries: readonly QueuedEvent[];
  /** Number of failures in a row with exactly these events. */
  readonly failures: number;
  /** True if the batch is a part of one that failed repeatedly. It is halved after each failure. */
  readonly isSuspect: boolean;
  /** Earliest time to send the batch, in milliseconds of `performance.now()`. */
  readonly dueAt: number;
  /**
   * Time at which the batch, or the batch from which it was split, was last sent, in milliseconds
   * of `performance.now()`; -Infinity if never.
   */
  readonly triedAt: number;
}

/** Position of a batch in the order of events. */
export function turnOf({ entries }: Batch): number {
  return entries[0]?.turn ?? 0;
}

/** Divides a batch into the entries that satisfy the condition and the others. */
export function divide(
  batch: Batch,
  condition: (entry: QueuedEvent) => boolean,
): { readonly yes: readonly QueuedEvent[]; readonly no: readonly QueuedEvent[] } {
  const yes = batch.entries.filter(condition);
  if (yes.length === 0) return { yes, no: batch.entries };
  return { yes, no: batch.entries.filter((entry) => !condition(entry)) };
}

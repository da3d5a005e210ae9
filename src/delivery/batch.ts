import type { QueuedEvent } from './queued-event';

/** Events that are sent in one call. They keep the order in which they were taken from the queue. */
export interface Batch {
  /** At least one. */
  readonly entries: readonly QueuedEvent[];
  /** How often it has failed in a row, with these very events. */
  readonly failures: number;
  /** Whether it is a part of a batch that failed again and again, so that it is halved each time it fails. */
  readonly isSuspect: boolean;
  /** Not to be sent before, in milliseconds of `performance.now()`. */
  readonly dueAt: number;
  /** When it, or the batch that it is a part of, was sent last; -Infinity if never. */
  readonly triedAt: number;
}

/** The place of a batch in the order of events. */
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

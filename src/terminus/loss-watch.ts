import { isLoss } from '../delivery/node-ledger';
import type { TrackingLedger } from '../delivery/tracking-ledger';

/** How many events were lost, by place and reason. */
export type Losses = Readonly<Record<string, number>>;

/**
 * Counters of a process never fall: by them an application that lost one event at its start would be ill for ever. And asking
 * what was lost since the last check gives two callers, a readiness and a liveness probe, half of the truth each. So a loss
 * counts for a while from the check that first saw it, whoever asks.
 */
export class LossWatch {
  private known: Losses;
  /** Seen within the time for which a loss counts; each with when it was last seen to grow, in milliseconds of `performance.now()`. */
  private readonly recent = new Map<string, { events: number; at: number }>();

  constructor(private readonly ledger: TrackingLedger) {
    this.known = lossesIn(ledger);
  }

  /** @param windowMs for which a loss counts */
  recentLosses(windowMs: number, now: number = performance.now()): Losses {
    const losses = lossesIn(this.ledger);
    for (const [place, { at }] of this.recent) if (now - at >= windowMs) this.recent.delete(place);
    for (const [place, count] of Object.entries(losses)) {
      const events = count - (this.known[place] ?? 0);
      if (events > 0) this.recent.set(place, { events: events + (this.recent.get(place)?.events ?? 0), at: now });
    }
    this.known = losses;
    return Object.fromEntries([...this.recent].map(([place, { events }]) => [place, events]));
  }
}

function lossesIn(ledger: TrackingLedger): Losses {
  const losses: Record<string, number> = {};
  const add = (place: string, dropped: Readonly<Record<string, number>>): void => {
    for (const [reason, count] of Object.entries(dropped)) {
      if (isLoss(reason)) losses[`${place}: ${reason}`] = (losses[`${place}: ${reason}`] ?? 0) + count;
    }
  };
  add('before the tree', ledger.tracker().dropped);
  for (const { path, dropped, delivery, work, queue } of ledger.nodes()) {
    const place = path === '' ? 'the root' : path;
    add(place, dropped);
    if (work !== undefined) add(place, work.dropped);
    if (queue !== undefined && queue.emptiedEvents > 0) losses[`${place}: queue emptied`] = queue.emptiedEvents;
    if (delivery === undefined) continue;
    add(place, delivery.dropped);
    if ('forgottenDeadLetters' in delivery && delivery.forgottenDeadLetters > 0)
      losses[`${place}: forgotten dead letters`] = delivery.forgottenDeadLetters;
  }
  return losses;
}

import { lossesOf, type LossSource } from '../../ledger/losses';

/** Number of lost events by place and reason. */
export type Losses = Readonly<Record<string, number>>;

/**
 * Tells which losses are recent.
 *
 * The counters of a process never decrease, so an application that lost one event at its start would be unhealthy until it ends.
 * Reporting only what was lost since the previous check does not work either: a readiness and a liveness probe would each see
 * half of it. So each loss counts for a while after the check that first saw it, for every caller.
 */
export class LossWatch {
  private known: Losses;
  /** Losses that still count; each with the time at which it was last seen to grow, in milliseconds of `performance.now()`. */
  private readonly recent = new Map<string, { events: number; at: number }>();

  constructor(private readonly ledger: LossSource) {
    this.known = byPlace(ledger);
  }

  /** @param windowMs how long a loss counts */
  recentLosses(windowMs: number, now: number = performance.now()): Losses {
    const losses = byPlace(this.ledger);
    for (const [place, { at }] of this.recent) if (now - at >= windowMs) this.recent.delete(place);
    for (const [place, count] of Object.entries(losses)) {
      const events = count - (this.known[place] ?? 0);
      if (events > 0) this.recent.set(place, { events: events + (this.recent.get(place)?.events ?? 0), at: now });
    }
    this.known = losses;
    return Object.fromEntries([...this.recent].map(([place, { events }]) => [place, events]));
  }
}

function byPlace(ledger: LossSource): Losses {
  return Object.fromEntries(lossesOf(ledger).map(({ node, reason, count }) => [`${node}: ${reason}`, count]));
}

import { lossesOf, type LossSource } from '../../ledger/losses';

/** Number of lost events by place and reason. */
export type Losses = Readonly<Record<string, number>>;

/**
 * Tells which losses are recent.
 *
 * The counters of a process never decrease, so an application that lost one event at its start
 * would be unhealthy until it exits. Reporting only the losses since the previous check does not
 * work either: a readiness probe and a liveness probe would each see half of them. So each loss
 * counts, for every caller, for a fixed window after the check that first saw it.
 */
export class LossWatch {
  private known: Losses;
  /**
   * Losses that still count. `at` is the time of the last increase, in ms of `performance.now()`.
   */
  private readonly recent = new Map<string, { events: number; at: number }>();

  constructor(private readonly ledger: LossSource) {
    this.known = byPlace(ledger);
  }

  /**
   * Returns the losses that still count.
   * @param windowMs time for which a loss counts
   */
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

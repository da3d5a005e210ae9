import type { NodeCounts } from '../ledger/counts';

/** Number of points that are kept, one for each interval: five minutes. */
const POINTS = 60;
export const RATE_INTERVAL_MS = 5000;

interface Sample {
  readonly received: number;
  readonly ended: number;
}

/** Rates of one node, oldest first, in events per second. */
export interface NodeRates {
  readonly received: readonly number[];
  readonly ended: readonly number[];
}

/**
 * Keeps the rates of every node over the last minutes.
 *
 * The counters of the ledger only grow, so a rate is the difference of two samples. A node that
 * appears later has rates of 0 before.
 */
export class RateHistory {
  private readonly times: number[] = [];
  private readonly rates = new Map<string, { received: number[]; ended: number[] }>();
  private last = new Map<string, Sample>();
  private lastAt: number | undefined;

  /**
   * Adds a point.
   * @param now milliseconds of a monotonic clock
   * @param epoch the same moment in epoch milliseconds
   */
  sample(nodes: readonly NodeCounts[], now: number, epoch: number): void {
    const seconds = this.lastAt === undefined ? 0 : (now - this.lastAt) / 1000;
    const current = new Map(nodes.map((node) => [node.path, sampleOf(node)]));
    if (seconds > 0) this.add(current, seconds, epoch);
    this.last = current;
    this.lastAt = now;
  }

  /** Times of the points, oldest first, in epoch milliseconds. */
  points(): readonly number[] {
    return this.times;
  }

  /** Rates of a node at each of `points()`. */
  of(path: string): NodeRates {
    return this.rates.get(path) ?? { received: this.times.map(() => 0), ended: this.times.map(() => 0) };
  }

  private add(current: ReadonlyMap<string, Sample>, seconds: number, epoch: number): void {
    this.times.push(epoch);
    for (const [path, sample] of current) {
      const before = this.last.get(path) ?? { received: 0, ended: 0 };
      const rates = this.rates.get(path) ?? this.empty();
      rates.received.push(rate(sample.received - before.received, seconds));
      rates.ended.push(rate(sample.ended - before.ended, seconds));
      this.rates.set(path, rates);
    }
    for (const [path, rates] of this.rates) {
      if (!current.has(path)) this.rates.delete(path);
      else if (rates.received.length > POINTS) for (const list of [rates.received, rates.ended]) list.shift();
    }
    if (this.times.length > POINTS) this.times.shift();
  }

  /** Rates of a node that was not there before, up to the point that is being added. */
  private empty(): { received: number[]; ended: number[] } {
    const zeros = (): number[] => Array.from({ length: this.times.length - 1 }, () => 0);
    return { received: zeros(), ended: zeros() };
  }
}

/** Events that a node received, and those with a final outcome there. */
function sampleOf({ received, passed, dropped, delivery }: NodeCounts): Sample {
  const droppedHere = sum(dropped);
  if (delivery === undefined) return { received, ended: passed + droppedHere };
  const dead = 'deadLettered' in delivery ? delivery.deadLettered : 0;
  return { received, ended: delivery.delivered + sum(delivery.dropped) + dead + droppedHere };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Rounded to two digits; never negative, even if a counter was reset with a replaced backend. */
function rate(events: number, seconds: number): number {
  return Math.max(0, Math.round((events / seconds) * 100) / 100);
}

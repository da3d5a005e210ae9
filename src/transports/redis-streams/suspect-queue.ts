import type { PendingEntry } from './stream-group';

export interface Suspect {
  /** The stream. */
  readonly key: string;
  readonly entry: PendingEntry;
}

interface Bucket {
  readonly items: Suspect[];
  /** Index of the first that was not taken. */
  head: number;
}

/**
 * Entries by the number of their deliveries: those with the most come out first, the oldest of them before the others. Adding
 * and taking cost as much as there are different numbers of deliveries, however many entries wait.
 */
export class SuspectQueue {
  private readonly places = new Set<string>();
  private readonly buckets = new Map<number, Bucket>();

  get size(): number {
    return this.places.size;
  }

  /** The highest number of deliveries; 0 if there are none. */
  get mostDeliveries(): number {
    let most = 0;
    for (const deliveries of this.buckets.keys()) most = Math.max(most, deliveries);
    return most;
  }

  /** Ignores entries that are here already. */
  add(key: string, entry: PendingEntry): void {
    const place = placeOf(key, entry.id);
    if (this.places.has(place)) return;
    this.places.add(place);
    const { deliveries } = entry;
    const bucket = this.buckets.get(deliveries);
    if (bucket === undefined) this.buckets.set(deliveries, { items: [{ key, entry }], head: 0 });
    else bucket.items.push({ key, entry });
  }

  take(): Suspect | undefined {
    const most = this.mostDeliveries;
    const bucket = this.buckets.get(most);
    const next = bucket?.items[bucket.head++];
    if (bucket === undefined || next === undefined) return undefined;
    if (bucket.head === bucket.items.length) this.buckets.delete(most);
    this.places.delete(placeOf(next.key, next.entry.id));
    return next;
  }

  clear(): void {
    this.places.clear();
    this.buckets.clear();
  }
}

function placeOf(key: string, id: string): string {
  return `${key}:${id}`;
}

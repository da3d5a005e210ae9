import type { PendingEntry } from './stream-group';

export interface Suspect {
  /** Name of the stream. */
  readonly key: string;
  readonly entry: PendingEntry;
}

interface Bucket {
  readonly items: Suspect[];
  /** Index of the first item that was not taken yet. */
  head: number;
}

/**
 * Queue of entries ordered by their number of deliveries, highest first, and oldest first within
 * the same number. The cost of adding and taking depends on the number of different delivery
 * counts, not on the number of entries.
 */
export class SuspectQueue {
  private readonly places = new Set<string>();
  private readonly buckets = new Map<number, Bucket>();

  get size(): number {
    return this.places.size;
  }

  /** Highest number of deliveries; 0 if the queue is empty. */
  get mostDeliveries(): number {
    let most = 0;
    for (const deliveries of this.buckets.keys()) most = Math.max(most, deliveries);
    return most;
  }

  /** Adds an entry. Ignores entries that are in the queue already. */
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

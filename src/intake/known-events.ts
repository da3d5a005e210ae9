/** Maximum number of done ids that are remembered, to bound the memory. */
const MAX_DONE = 100_000;

/**
 * Remembers by id the events that are in progress and those that are done.
 *
 * An event is in progress after `open`. `settle` makes it done; `forget` removes it. The oldest
 * done events are removed beyond 100,000. Both kinds share one map. A map for the events in
 * progress alone would be filled and emptied for each event; V8 links the tables of such a map
 * starting with the oldest, so objects that were once in them would live until a full garbage
 * collection.
 */
export class KnownEvents<Open extends object> {
  /**
   * Events in progress, or the time when an event was done, in milliseconds of `performance.now()`.
   */
  private readonly byId = new Map<string, Open | number>();
  /**
   * Iterator that is kept for the lifetime of the map: a new one would pass the holes of all
   * removed entries, 30 to 70 us an event with 100,000 of them.
   */
  private readonly oldestFirst = this.byId.keys();
  private doneCount = 0;

  /**
   * @returns the event in progress with this id, the time when it was done, or undefined if unknown
   */
  find(id: string): Open | number | undefined {
    return this.byId.get(id);
  }

  /** @param id not an event in progress; a done event that begins again becomes the latest */
  open(id: string, event: Open): void {
    if (this.byId.delete(id)) this.doneCount--;
    this.byId.set(id, event);
  }

  settle(id: string, now: number): void {
    this.byId.set(id, now);
    this.doneCount++;
    while (this.doneCount > MAX_DONE) this.forgetOldest();
  }

  /** Removes an event that is in progress and will not be done. */
  forget(id: string): void {
    this.byId.delete(id);
  }

  /**
   * Removes the oldest done event. An event in progress moves to the end instead, to detect its
   * duplicates.
   */
  private forgetOldest(): void {
    const id = this.oldestFirst.next().value as string;
    const known = this.byId.get(id);
    this.byId.delete(id);
    if (typeof known === 'number') this.doneCount--;
    else if (known !== undefined) this.byId.set(id, known);
  }
}

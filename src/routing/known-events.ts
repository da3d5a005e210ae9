/** Ids that are remembered once they are done; memory has an end. */
const MAX_DONE = 100_000;

/**
 * The events that are under way, and those that are done, by id. In one map: one for the first alone would be filled and emptied
 * for each event, and V8 links the tables of such a map from the oldest on, so that what once stood in them would live until the
 * whole heap is collected.
 */
export class KnownEvents<Open extends object> {
  /** Those that are done with when that was, in milliseconds of `performance.now()`. */
  private readonly byId = new Map<string, Open | number>();
  /** One for good: a new one would pass the holes of all that was ever forgotten, 30 to 70 us an event with 100,000 of them. */
  private readonly oldestFirst = this.byId.keys();
  private doneCount = 0;

  /** @returns what is under way under this id, when it was done, or undefined for what is not known */
  find(id: string): Open | number | undefined {
    return this.byId.get(id);
  }

  /** @param id of none that is under way; one that is done and begins again is the latest */
  open(id: string, event: Open): void {
    if (this.byId.delete(id)) this.doneCount--;
    this.byId.set(id, event);
  }

  settle(id: string, now: number): void {
    this.byId.set(id, now);
    this.doneCount++;
    while (this.doneCount > MAX_DONE) this.forgetOldest();
  }

  /** Of one that is under way, and will not be done. */
  forget(id: string): void {
    this.byId.delete(id);
  }

  /** One that is still under way begins anew as the latest, or the same event would be let in beside it. */
  private forgetOldest(): void {
    const id = this.oldestFirst.next().value as string;
    const known = this.byId.get(id);
    this.byId.delete(id);
    if (typeof known === 'number') this.doneCount--;
    else if (known !== undefined) this.byId.set(id, known);
  }
}

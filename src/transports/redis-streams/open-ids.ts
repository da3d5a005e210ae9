/**
 * Ids of entries by stream. Of the ids alone: V8 links the tables of a set that is filled and emptied over and over, and what
 * hangs on those in it lives until the whole heap is collected.
 */
export class OpenIds {
  private readonly byKey = new Map<string, Set<string>>();
  private count = 0;

  /** Of all streams. */
  get size(): number {
    return this.count;
  }

  has(key: string, id: string): boolean {
    return this.byKey.get(key)?.has(id) === true;
  }

  of(key: string): string[] {
    return [...(this.byKey.get(key) ?? [])];
  }

  /** @returns whether it was not in it already */
  add(key: string, id: string): boolean {
    let ids = this.byKey.get(key);
    if (ids === undefined) this.byKey.set(key, (ids = new Set()));
    if (ids.has(id)) return false;
    ids.add(id);
    this.count++;
    return true;
  }

  delete(key: string, id: string): void {
    if (this.byKey.get(key)?.delete(id) === true) this.count--;
  }
}

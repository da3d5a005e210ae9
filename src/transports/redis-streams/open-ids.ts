/**
 * Set of entry ids, by stream. It stores ids only: V8 links the tables of a set that is repeatedly
 * filled and emptied, and everything referenced from them stays alive until the whole heap is
 * collected.
 */
export class OpenIds {
  private readonly byKey = new Map<string, Set<string>>();
  private count = 0;

  /** Number of ids over all streams. */
  get size(): number {
    return this.count;
  }

  has(key: string, id: string): boolean {
    return this.byKey.get(key)?.has(id) === true;
  }

  of(key: string): string[] {
    return [...(this.byKey.get(key) ?? [])];
  }

  /**
   * Adds an id.
   * @returns true if the id was added, false if it was present already
   */
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

/**
 * Map with a limited number of keys. Beyond the limit it removes the key that was entered longest
 * ago: keys come from user input, and memory is limited.
 */
export class RecentKeys<Value> {
  private readonly values = new Map<string, Value>();
  /**
   * One iterator for the lifetime of the map: a new one would have to skip the holes of all removed
   * keys, which takes 30 to 70 us per key with 100,000 keys.
   */
  private readonly oldestFirst = this.values.keys();

  constructor(private readonly maxKeys: number) {}

  get(key: string): Value | undefined {
    return this.values.get(key);
  }

  /** Enters the key, and makes it the latest one. */
  enter(key: string, value: Value): Value {
    if (!this.values.delete(key) && this.values.size >= this.maxKeys) this.forgetOldest();
    this.values.set(key, value);
    return value;
  }

  private forgetOldest(): void {
    const { done, value } = this.oldestFirst.next();
    if (done !== true) this.values.delete(value);
  }
}

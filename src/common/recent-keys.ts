/** Beyond this, what is known about the key that was entered longest ago is forgotten: users write keys, and memory has an end. */
export class RecentKeys<Value> {
  private readonly values = new Map<string, Value>();
  /** One for good: a new one would pass the holes of all that was ever forgotten, 30 to 70 us a key with 100,000 of them. */
  private readonly oldestFirst = this.values.keys();

  constructor(private readonly maxKeys: number) {}

  get(key: string): Value | undefined {
    return this.values.get(key);
  }

  /** Enters the key anew, as the latest. */
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

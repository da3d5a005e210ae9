/** Beyond this, what is known about the key that was entered longest ago is forgotten: users write keys, and memory has an end. */
export class RecentKeys<Value> {
  private readonly values = new Map<string, Value>();

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
    for (const oldest of this.values.keys()) {
      this.values.delete(oldest);
      return;
    }
  }
}

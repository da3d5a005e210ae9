/** Callers that wait for the same condition, such as capacity, which may be met repeatedly. */
export class Waiters {
  private waiting: (() => void)[] = [];

  /** Number of callers that wait now. */
  get size(): number {
    return this.waiting.length;
  }

  /** Resolves at the next call of `release`. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Resolves the promises of all callers that wait now. */
  release(): void {
    if (this.waiting.length === 0) return;
    const released = this.waiting;
    this.waiting = [];
    for (const resolve of released) resolve();
  }
}

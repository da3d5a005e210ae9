/** Counts the events that were taken from a queue and are not with its children yet, for those who wait until they are. */
export class EventsInHand {
  private taken = 0;
  private left = 0;
  /** Batches of which the next event waits for a child that has no room. */
  private blocked = 0;
  private waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];

  take(events: number): void {
    this.taken += events;
  }

  /** One is with the children, or done. */
  leave(): void {
    this.left++;
    this.answer();
  }

  /** Waits for room with a child. */
  async block(room: Promise<void>): Promise<void> {
    this.blocked++;
    this.answer();
    await room;
    this.blocked--;
  }

  /** Resolves when as many have left as were taken before, or the next one waits for room; not later ones. */
  whenAtRest(): Promise<void> {
    const { taken: upTo } = this;
    if (this.isAtRest(upTo)) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ upTo, resolve }));
  }

  private isAtRest(upTo: number): boolean {
    return this.left >= upTo || this.blocked > 0;
  }

  private answer(): void {
    if (this.waiters.length === 0) return;
    for (const waiter of this.waiters.splice(0)) {
      if (this.isAtRest(waiter.upTo)) waiter.resolve();
      else this.waiters.push(waiter);
    }
  }
}

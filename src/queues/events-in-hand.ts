/**
 * Counts the events that were taken from a queue and have not reached the children yet, for callers
 * that wait for that.
 */
export class EventsInHand {
  private taken = 0;
  private left = 0;
  /** Number of batches whose next event waits for a child without capacity. */
  private blocked = 0;
  private waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];

  take(events: number): void {
    this.taken += events;
  }

  /** Counts one event that has reached the children, or is done. */
  leave(): void {
    this.left++;
    this.answer();
  }

  /** Counts a batch as blocked while it waits for capacity at a child. */
  async block(room: Promise<void>): Promise<void> {
    this.blocked++;
    this.answer();
    await room;
    this.blocked--;
  }

  /**
   * Resolves when as many events have left as were taken before the call, or when the next event
   * waits for capacity. Events taken later do not delay it.
   */
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

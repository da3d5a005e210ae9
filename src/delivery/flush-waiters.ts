interface Flush {
  /** Events that were in the queue when it was asked for, and have not been taken from there. */
  untaken: number;
  /** The turn of the last event it waits for, once all are taken. */
  upTo: number;
  readonly resolve: () => void;
}

/** Those who wait until the events that were emitted before are sent, while others go on coming. */
export class FlushWaiters {
  private flushes: Flush[] = [];

  /**
   * @param untaken events in the queue
   * @param upTo turn of the last event that was taken from it
   */
  add(untaken: number, upTo: number): Promise<void> {
    return new Promise((resolve) => this.flushes.push({ untaken, upTo, resolve }));
  }

  /** Events were taken from the queue, in its order. @param turn of the last of them */
  took(events: number, turn: number): void {
    for (const flush of this.flushes) {
      if (flush.untaken <= 0) continue;
      flush.untaken -= events;
      flush.upTo = turn;
    }
  }

  /** Events came that may be taken before those that are waited for. */
  overtaken(events: number): void {
    for (const flush of this.flushes) if (flush.untaken > 0) flush.untaken += events;
  }

  /** @param isOver asked with the last turn that is waited for; Infinity while some of these events are still in the queue */
  settle(isOver: (upTo: number) => boolean): void {
    if (this.flushes.length === 0) return;
    const { flushes } = this;
    this.flushes = [];
    for (const flush of flushes) {
      if (isOver(flush.untaken > 0 ? Infinity : flush.upTo)) flush.resolve();
      else this.flushes.push(flush);
    }
  }
}

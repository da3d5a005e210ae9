interface Flush {
  /**
   * Number of events that were in the queue when the flush was requested, and have not been taken
   * from it.
   */
  untaken: number;
  /** Turn of the last event to wait for, once all are taken. */
  upTo: number;
  readonly resolve: () => void;
}

/** Callers that wait until the events emitted before are sent, while new events come. */
export class FlushWaiters {
  private flushes: Flush[] = [];

  /**
   * Waits for all events that are in the queue or were taken from it.
   * @param untaken number of events in the queue
   * @param upTo turn of the last event that was taken from the queue
   */
  add(untaken: number, upTo: number): Promise<void> {
    return new Promise((resolve) => this.flushes.push({ untaken, upTo, resolve }));
  }

  /**
   * Records that events were taken from the queue, in its order.
   * @param turn turn of the last of these events
   */
  took(events: number, turn: number): void {
    for (const flush of this.flushes) {
      if (flush.untaken <= 0) continue;
      flush.untaken -= events;
      flush.upTo = turn;
    }
  }

  /** Records that events came that may be taken before the awaited ones. */
  overtaken(events: number): void {
    for (const flush of this.flushes) if (flush.untaken > 0) flush.untaken += events;
  }

  /**
   * Resolves the flushes that are over.
   * @param isOver called with the last turn to wait for; Infinity while some of these events are
   * still in the queue
   */
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

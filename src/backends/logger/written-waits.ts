interface Waiter {
  /** Number of lines accepted before the wait began. */
  readonly upTo: number;
  /** True if an unwritable log ends the wait too. */
  readonly givesUp: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Holds the promises of callers that wait until their lines are written. */
export class WrittenWaits {
  private waiters: Waiter[] = [];

  /** @param target the log, as named in errors */
  constructor(private readonly target: string) {}

  /**
   * Resolves when the first `upTo` lines are written.
   * @param givesUp also resolves once the log cannot be written
   */
  until(upTo: number, givesUp: boolean): Promise<void> {
    return new Promise((resolve, reject) => this.waiters.push({ upTo, givesUp, resolve, reject }));
  }

  /**
   * Settles the waits that are over.
   * @param written number of lines, counted from the first, that are written
   * @param unwritten state of the lines after them: they cannot be written now, or never; undefined
   *   if they will be written
   */
  answer(written: number, unwritten: 'not now' | 'never' | undefined): void {
    if (this.waiters.length === 0) return;
    const waiting = this.waiters;
    this.waiters = [];
    for (const waiter of waiting) {
      if (waiter.upTo <= written || (unwritten !== undefined && waiter.givesUp)) waiter.resolve();
      else if (unwritten === 'never') waiter.reject(new Error(`${this.target} could not be written`));
      else this.waiters.push(waiter);
    }
  }
}

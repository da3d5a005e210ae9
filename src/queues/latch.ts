/**
 * Calls `complete` once, when every hold on it has been released.
 *
 * A new latch has one hold, which belongs to its creator. So it is not complete as long as the
 * creator still adds holds, even if all earlier ones have been released meanwhile.
 */
export abstract class Latch {
  private holds = 1;

  /** Adds holds, each to be released once. */
  hold(count = 1): void {
    this.holds += count;
  }

  release(): void {
    if (--this.holds === 0) this.complete();
  }

  protected abstract complete(): void;
}

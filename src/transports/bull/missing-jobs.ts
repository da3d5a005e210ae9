/** As many looks in a row as it takes to be sure: a job is never in no state, but counts may be late. */
const LOOKS = 6;

/** What one look has found. */
export interface QueueLook {
  /** In the queue, in any state. */
  readonly jobs: number;
  /** Events that this process has put there since it started. */
  readonly added: number;
  /** How many of them workers have counted as settled. */
  readonly settled: number;
}

/**
 * Finds out that jobs were taken away although Redis was not emptied: `obliterate`, `empty` or `clean` by hand, a failover to a
 * replica that had not received them. States: it has seen nothing odd, or the same number of unsettled events in a queue without
 * jobs, for so many looks in a row.
 */
export class MissingJobs {
  private looks = 0;
  private last: QueueLook | undefined;

  /** @returns whether the events that are not settled must be gone; then it begins anew */
  areGone(look: QueueLook): boolean {
    const { last } = this;
    this.last = look;
    const isOdd = look.jobs === 0 && look.added > look.settled;
    const isSame = last?.added === look.added && last.settled === look.settled;
    this.looks = isOdd ? (isSame ? this.looks + 1 : 1) : 0;
    if (this.looks < LOOKS) return false;
    this.looks = 0;
    return true;
  }
}

/**
 * Number of checks in a row that prove the loss: a job is always in some state, but counts may lag
 * behind.
 */
const LOOKS = 6;

/** Result of one check. */
export interface QueueLook {
  /** Number of jobs in the queue, in any state. */
  readonly jobs: number;
  /** Number of events that this process has added since the queue was last found empty. */
  readonly added: number;
  /** Number of those events that workers have counted as settled. */
  readonly settled: number;
}

/**
 * Detects that jobs were removed although Redis was not emptied: by a manual `obliterate`, `empty`
 * or `clean`, or by a failover to a replica that had not received them.
 *
 * States:
 * - Normal: no check has found anything unusual.
 * - Suspicious: a check finds a queue without jobs and some unsettled events. Six checks in a row
 *   with the same numbers report the loss, and the state is Normal again. Different numbers restart
 *   the count, and a check with jobs or without unsettled events leads back to Normal.
 */
export class MissingJobs {
  private looks = 0;
  private last: QueueLook | undefined;

  /**
   * Evaluates the next check.
   * @returns true if the unsettled events must be lost; counting then starts again
   */
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

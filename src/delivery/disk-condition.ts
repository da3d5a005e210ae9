/** Callbacks for changes of a disk's condition. */
export interface ConditionReports {
  /**
   * Called when the disk cannot be used any more; called again only after it was usable in between.
   */
  readonly onDiskFailed: (error: Error) => void;
  readonly onDiskRecovered: () => void;
}

/**
 * The condition of a disk, according to the last attempts to use it.
 *
 * States:
 * - `usable`: a failed read or write moves it to `failing`.
 * - `failing`: it moves to `usable` when each operation that failed has succeeded.
 *
 * Only `fail` and `succeed` change the state.
 */
export class DiskCondition {
  private readonly failing = new Set<'read' | 'write'>();

  constructor(private readonly reports: ConditionReports) {}

  get isFailing(): boolean {
    return this.failing.size > 0;
  }

  isFailingTo(what: 'read' | 'write'): boolean {
    return this.failing.has(what);
  }

  fail(what: 'read' | 'write', error: unknown): void {
    const wasFailing = this.isFailing;
    this.failing.add(what);
    if (!wasFailing) this.reports.onDiskFailed(error as Error);
  }

  succeed(what: 'read' | 'write'): void {
    if (this.failing.delete(what) && !this.isFailing) this.reports.onDiskRecovered();
  }
}

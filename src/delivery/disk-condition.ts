/** What a disk was last found unable to do. */
export interface ConditionReports {
  /** The disk cannot be used any more; called once until it can again. */
  readonly onDiskFailed: (error: Error) => void;
  readonly onDiskMended: () => void;
}

/**
 * Whether a disk can be used, as far as the last attempt has shown.
 *
 * States: `usable` -(a read or a write fails)-> `failing` -(what failed goes well)-> `usable`. Only `fail` and `succeed`
 * change it.
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
    if (this.failing.delete(what) && !this.isFailing) this.reports.onDiskMended();
  }
}

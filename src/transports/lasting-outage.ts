/** For so long a server must be usable before it is reported to be: a connection may end as soon as it is made. */
const STEADY_MS = 1000;

export interface OutageReports {
  /** The server cannot be used. */
  readonly failing: (error: Error) => void;
  /** It can be used again. */
  readonly answering: () => void;
}

/** Reports that a server cannot be used, and that it can be again: once for each change that lasts for a second. */
export class LastingOutage {
  private isDown = false;
  private isEnded = false;
  private steadyTimer: NodeJS.Timeout | undefined;

  constructor(private readonly reports: OutageReports) {}

  /** True from the first failure until the server has been usable for a second. */
  get isFailing(): boolean {
    return this.isDown;
  }

  /** The server did what was asked of it. */
  answered(): void {
    if (!this.isDown || this.isEnded) return;
    this.steadyTimer ??= setTimeout(() => {
      this.steadyTimer = undefined;
      this.isDown = false;
      this.reports.answering();
    }, STEADY_MS).unref();
  }

  /** The connection has failed, or the server has refused what it refuses to no client that it lets in. */
  failed(error: Error): void {
    clearTimeout(this.steadyTimer);
    this.steadyTimer = undefined;
    if (this.isDown || this.isEnded) return;
    this.isDown = true;
    this.reports.failing(error);
  }

  /** Reports no more. */
  end(): void {
    this.isEnded = true;
    clearTimeout(this.steadyTimer);
  }
}

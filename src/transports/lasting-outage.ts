/**
 * Milliseconds for which a server must stay usable before it is reported as usable: a new
 * connection may close at once.
 */
const STEADY_MS = 1000;

export interface OutageReports {
  /** Called when the server becomes unusable. */
  readonly failing: (error: Error) => void;
  /** Called when the server is usable again. */
  readonly answering: () => void;
}

/**
 * Reports when a server becomes unusable and when it is usable again.
 *
 * States:
 * - Up: the start. `failed` moves to Down and reports it.
 * - Down: `answered` starts a timer of one second. When it elapses, the state is Up again and this
 *   is reported. `failed` cancels the timer.
 * - Ended: `end` moves here from both states. Nothing more is reported.
 */
export class LastingOutage {
  private isDown = false;
  private isEnded = false;
  private steadyTimer: NodeJS.Timeout | undefined;

  constructor(private readonly reports: OutageReports) {}

  /** True from the first failure until the server has been usable for a second. */
  get isFailing(): boolean {
    return this.isDown;
  }

  /** Call when the server has answered a request successfully. */
  answered(): void {
    if (!this.isDown || this.isEnded) return;
    this.steadyTimer ??= setTimeout(() => {
      this.steadyTimer = undefined;
      this.isDown = false;
      this.reports.answering();
    }, STEADY_MS).unref();
  }

  /**
   * Call when the connection has failed, or when the server refuses a command that it accepts from
   * every authenticated client.
   */
  failed(error: Error): void {
    clearTimeout(this.steadyTimer);
    this.steadyTimer = undefined;
    if (this.isDown || this.isEnded) return;
    this.isDown = true;
    this.reports.failing(error);
  }

  /** Stops all reports. */
  end(): void {
    this.isEnded = true;
    clearTimeout(this.steadyTimer);
  }
}

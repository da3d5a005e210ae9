import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs code outside the request that calls it, because events that are sent later must not see the
 * scope or user of a request.
 *
 * On Node 20 a snapshot is an async resource until it is garbage-collected, and test runners report
 * it as an open handle. Therefore it is taken when the application starts, not when this file is
 * loaded, and released when the deliveries are closed.
 */
export class OutsideFlow {
  private snapshot: (<Result>(code: () => Result) => Result) | undefined;
  private isReleased = false;

  /**
   * Captures the flow of the caller, usually the start of the application. Further calls change
   * nothing.
   */
  take(): this {
    if (!this.isReleased) this.snapshot ??= AsyncLocalStorage.snapshot() as <Result>(code: () => Result) => Result;
    return this;
  }

  run<Result>(code: () => Result): Result {
    return this.snapshot === undefined ? code() : this.snapshot(code);
  }

  /** Releases the snapshot. Afterwards code runs in the flow of its caller. */
  release(): void {
    this.isReleased = true;
    this.snapshot = undefined;
  }
}

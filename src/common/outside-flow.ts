import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs code outside of the request that calls it: what is sent later must not see the scope or user of some request.
 *
 * On Node 20 a snapshot is an async resource until it is collected as garbage, and test runners report it as an open handle. So
 * it is taken when the application starts, not when this file is loaded, and released when the deliveries are closed.
 */
export class OutsideFlow {
  private snapshot: (<Result>(code: () => Result) => Result) | undefined;
  private isReleased = false;

  /** Remembers the flow that it is called in: the start of the application, as a rule. Later calls change nothing. */
  take(): this {
    if (!this.isReleased) this.snapshot ??= AsyncLocalStorage.snapshot() as <Result>(code: () => Result) => Result;
    return this;
  }

  run<Result>(code: () => Result): Result {
    return this.snapshot === undefined ? code() : this.snapshot(code);
  }

  /** After this, code runs in the flow of its caller. */
  release(): void {
    this.isReleased = true;
    this.snapshot = undefined;
  }
}

import { within } from '../common/within';

/** A wait that ends early when there may be something to do. A call before the wait counts. */
export class WakeUp {
  private isCalled = false;
  private onCall = (): void => undefined;

  call(): void {
    this.isCalled = true;
    this.onCall();
  }

  /** Resolves after `call`, after the time, or at the signal. Does not keep the process alive. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isCalled) {
      const called = new Promise<void>((resolve) => (this.onCall = resolve));
      await within({ timeoutMs, signal, keepsAlive: false }, called, () => undefined);
    }
    this.isCalled = false;
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { MAX_TIMER_MS } from '../event/clock';

/**
 * Runs code outside of the request that calls it: what is sent later must not see the scope or user of some request. Taken when
 * this file is loaded, since a destination may be registered inside of a request.
 */
const outside = AsyncLocalStorage.snapshot() as <Result>(code: () => Result) => Result;

/** Calls back once: in the next turn of the event loop, or at a time of the monotonic clock. The earliest wish wins. */
export class Countdown {
  private timer: NodeJS.Timeout | undefined;
  private endsAt = Infinity;
  private immediate: NodeJS.Immediate | undefined;

  constructor(private readonly onEnd: () => void) {}

  /** Calls back in the next turn: what is done then is done outside of the request that asked for it. */
  soon(): void {
    this.immediate ??= outside(() => setImmediate(this.end));
  }

  /**
   * @param at when to call back at the latest, in milliseconds of `performance.now()`; a later wish changes nothing
   * @param keepsAlive whether the process may not end before
   */
  until(at: number, keepsAlive: boolean): void {
    if (at >= this.endsAt) return;
    clearTimeout(this.timer);
    this.endsAt = at;
    // setTimeout fires immediately above MAX_TIMER_MS. Whoever is called early looks at the clock and waits again.
    const delayMs = Math.min(Math.max(Math.ceil(at - performance.now()), 0), MAX_TIMER_MS);
    this.timer = outside(() => setTimeout(this.end, delayMs));
    if (!keepsAlive) this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
    this.timer = undefined;
    this.immediate = undefined;
    this.endsAt = Infinity;
  }

  private readonly end = (): void => {
    this.stop();
    this.onEnd();
  };
}

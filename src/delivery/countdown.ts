import { MAX_TIMER_MS } from '../common/clock';
import type { OutsideFlow } from './outside-flow';

/**
 * Calls `onEnd` once: in the next turn of the event loop, or at a time of the monotonic clock. The
 * earliest request wins.
 */
export class Countdown {
  private timer: NodeJS.Timeout | undefined;
  private endsAt = Infinity;
  private immediate: NodeJS.Immediate | undefined;

  constructor(
    private readonly onEnd: () => void,
    private readonly outside: OutsideFlow,
  ) {}

  /** Calls back in the next turn of the event loop, outside the request that called this. */
  soon(): void {
    this.immediate ??= this.outside.run(() => setImmediate(this.end));
  }

  /**
   * Calls back at a given time.
   * @param at latest time of the call, in milliseconds of `performance.now()`; a later time than
   * the current one changes nothing
   * @param keepsAlive true if the process may not end before the call
   */
  until(at: number, keepsAlive: boolean): void {
    if (at >= this.endsAt) return;
    clearTimeout(this.timer);
    this.endsAt = at;
    // setTimeout fires immediately above MAX_TIMER_MS. A callback that is called early checks the
    // clock and waits again.
    const delayMs = Math.min(Math.max(Math.ceil(at - performance.now()), 0), MAX_TIMER_MS);
    this.timer = this.outside.run(() => setTimeout(this.end, delayMs));
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

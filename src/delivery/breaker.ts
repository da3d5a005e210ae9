import { doubledDelayMs } from '../common/backoff';
import type { BreakerReason, BreakerState } from '../ledger/counts';

export interface BreakerOptions {
  /** Failed attempts in a row, of any batches, that open the breaker. */
  readonly failures: number;
  /**
   * Permanently rejected events in a row, with no accepted event in between, that open the breaker.
   */
  readonly refusals: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Keeps events back from a destination that cannot accept them. Otherwise every due batch would hit
 * a destination that is down, and all of them at once when it is back. A destination that rejects
 * everything (a firewall, a changed schema) would turn the whole queue into dead letters within
 * minutes. The breaker therefore blocks for a while, and then allows one batch as a probe.
 *
 * States:
 * - `closed` allows batches. Failures or rejections in a row, or a Retry-After longer than
 *   `maxDelayMs`, move it to `open`.
 * - `open` blocks until its time is over. The next batch then moves it to `probing`. An answer to
 *   an earlier batch moves it to `closed`, unless the destination requested a wait that is not
 *   over.
 * - `probing` waits for the result of the probe. An answer moves it to `closed`. A failure, or
 *   another rejection after too many, moves it to `open` for a longer time. `cancel` moves it back
 *   to `open`.
 *
 * Only `enter` changes the state. All times are milliseconds of `performance.now()`.
 */
export class Breaker {
  private current: BreakerState = 'closed';
  private why: BreakerReason | undefined;
  private failuresInARow = 0;
  private refusalsInARow = 0;
  private openings = 0;
  private opensUntil = -Infinity;
  private heldUntil = -Infinity;
  private tookAt = -Infinity;

  /**
   * @param onChange called for each change that an operator should know; `reason` is only given
   * when it opens
   */
  constructor(
    private readonly options: BreakerOptions,
    private readonly onChange: (state: 'open' | 'closed', reason?: BreakerReason) => void,
  ) {}

  get state(): BreakerState {
    return this.current;
  }

  /** Why the breaker is not closed; undefined while it is closed. */
  get reason(): BreakerReason | undefined {
    return this.why;
  }

  /** Time at which the destination last accepted an event; -Infinity if it never did. */
  get lastTookAt(): number {
    return this.tookAt;
  }

  /**
   * Time from which a batch may be sent; it may be in the past. Infinity while a batch is probing.
   */
  get allowsAt(): number {
    if (this.current === 'closed') return this.heldUntil;
    return this.current === 'open' ? Math.max(this.opensUntil, this.heldUntil) : Infinity;
  }

  /**
   * Records that a batch is sent.
   * @returns true if the batch is a probe
   */
  begin(): boolean {
    if (this.current === 'closed') return false;
    this.enter('probing', this.why);
    return true;
  }

  /**
   * Allows a probe now, unless the destination requested a wait: the application closes and cannot
   * wait for a later probe.
   */
  endBackOff(now: number): void {
    this.opensUntil = Math.min(this.opensUntil, now);
  }

  /** Records that a batch was begun, but not sent. */
  cancel(now: number): void {
    if (this.current !== 'probing') return;
    this.opensUntil = now;
    this.enter('open', this.why);
  }

  /** Records that the destination accepted an event. */
  succeed(now: number): void {
    this.refusalsInARow = 0;
    this.tookAt = now;
    this.close(now);
  }

  /**
   * Records that the destination answered and accepted no event.
   * @param events number of events that it rejected permanently
   */
  refuse(now: number, events: number): void {
    this.refusalsInARow += events;
    this.failuresInARow = 0;
    if (this.refusalsInARow < this.options.refusals) this.close(now);
    else if (this.current !== 'open' || this.why !== 'refusing') this.open(now, 'refusing');
  }

  /** Records that the destination did not answer, or answered that it accepts nothing for now. */
  fail(now: number): void {
    this.failuresInARow++;
    if (this.current === 'probing' || (this.current === 'closed' && this.failuresInARow >= this.options.failures)) {
      this.open(now, 'failing');
    }
  }

  /**
   * Holds all batches back, because the destination requested a wait. Opens, and reports it, if the
   * wait is longer than any back-off of the delivery.
   */
  hold(now: number, retryAfterMs: number): void {
    this.heldUntil = Math.max(this.heldUntil, now + retryAfterMs);
    if (this.current !== 'closed' || retryAfterMs <= this.options.maxDelayMs) return;
    this.enter('open', 'retry-after');
    this.onChange('open', 'retry-after');
  }

  private close(now: number): void {
    this.failuresInARow = 0;
    this.openings = 0;
    if (this.current === 'closed') return;
    // A batch that was sent before the destination requested the wait does not end the wait.
    if (this.current === 'open' && this.heldUntil > now) {
      this.enter('open', 'retry-after');
      return;
    }
    this.enter('closed', undefined);
    this.onChange('closed');
  }

  private open(now: number, reason: BreakerReason): void {
    const wasClosed = this.current === 'closed';
    // Not random, because only one prober waits.
    this.opensUntil = now + doubledDelayMs(++this.openings, this.options);
    this.enter('open', reason);
    if (wasClosed) this.onChange('open', reason);
  }

  private enter(state: BreakerState, reason: BreakerReason | undefined): void {
    this.current = state;
    this.why = reason;
  }
}

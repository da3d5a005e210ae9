import { doubledDelayMs } from '../common/backoff';
import type { BreakerReason, BreakerState } from '../ledger/counts';

export interface BreakerOptions {
  /** Failed attempts in a row, of whichever batches, that open it. */
  readonly failures: number;
  /** Events refused for good in a row, with none taken between, that open it. */
  readonly refusals: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Keeps a destination from being sent what it will not take. One that is down would be hammered by every batch that is due, and
 * greeted by all of them at once when it is back; one that refuses everything (a firewall, a changed schema) would turn the whole
 * queue into dead letters within minutes. So nothing is sent for a while, and then one batch, to see.
 *
 * States: `closed` -(failures or refusals in a row, or a long Retry-After)-> `open` -(its time is over, a batch begins)->
 * `probing` -> `closed` or `open`, for longer. Only `enter` changes it. All times are milliseconds of `performance.now()`.
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

  /** @param onChange told of each change that an operator should know; `reason` only when it opens */
  constructor(
    private readonly options: BreakerOptions,
    private readonly onChange: (state: 'open' | 'closed', reason?: BreakerReason) => void,
  ) {}

  get state(): BreakerState {
    return this.current;
  }

  /** Undefined while it is closed. */
  get reason(): BreakerReason | undefined {
    return this.why;
  }

  /** When the destination took an event last; -Infinity if it never did. */
  get lastTookAt(): number {
    return this.tookAt;
  }

  /** When a batch may be sent: a time, which may be over, or Infinity while one is probing. */
  get allowsAt(): number {
    if (this.current === 'closed') return this.heldUntil;
    return this.current === 'open' ? Math.max(this.opensUntil, this.heldUntil) : Infinity;
  }

  /** Says that a batch is sent. @returns whether it is a probe */
  begin(): boolean {
    if (this.current === 'closed') return false;
    this.enter('probing', this.why);
    return true;
  }

  /** Allows a probe now, unless the destination asked to be left alone: the application closes, and cannot wait for a later one. */
  endBackOff(now: number): void {
    this.opensUntil = Math.min(this.opensUntil, now);
  }

  /** What was begun was not sent after all. */
  cancel(now: number): void {
    if (this.current !== 'probing') return;
    this.opensUntil = now;
    this.enter('open', this.why);
  }

  /** The destination took an event. */
  succeed(now: number): void {
    this.refusalsInARow = 0;
    this.tookAt = now;
    this.close(now);
  }

  /** The destination answered and took nothing. @param events how many it refused for good */
  refuse(now: number, events: number): void {
    this.refusalsInARow += events;
    this.failuresInARow = 0;
    if (this.refusalsInARow < this.options.refusals) this.close(now);
    else if (this.current !== 'open' || this.why !== 'refusing') this.open(now, 'refusing');
  }

  /** The destination did not answer, or only to say that it takes nothing for now. */
  fail(now: number): void {
    this.failuresInARow++;
    if (this.current === 'probing' || (this.current === 'closed' && this.failuresInARow >= this.options.failures)) {
      this.open(now, 'failing');
    }
  }

  /** The destination asked to be left alone, by all batches. A wait that no back-off of ours would be is told of. */
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
    // What was sent before the destination asked to be left alone does not take that back.
    if (this.current === 'open' && this.heldUntil > now) {
      this.enter('open', 'retry-after');
      return;
    }
    this.enter('closed', undefined);
    this.onChange('closed');
  }

  private open(now: number, reason: BreakerReason): void {
    const wasClosed = this.current === 'closed';
    // Not random: it is the back-off of a single prober.
    this.opensUntil = now + doubledDelayMs(++this.openings, this.options);
    this.enter('open', reason);
    if (wasClosed) this.onChange('open', reason);
  }

  private enter(state: BreakerState, reason: BreakerReason | undefined): void {
    this.current = state;
    this.why = reason;
  }
}

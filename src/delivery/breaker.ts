/**
 * A destination that is down is hammered by every batch that is due, and when it comes back it is greeted by all of them at
 * once. So after a row of failures nothing is attempted for a while, and then one batch, to see.
 *
 * States: `closed` -(failures in a row)-> `open` -(its time is over, a batch begins)-> `probing` -> `closed` or `open`, for
 * longer. Only `enter` changes it.
 */
export type BreakerState = 'closed' | 'open' | 'probing';

export interface BreakerOptions {
  /** Failed attempts in a row, of whichever batches, that open it. */
  readonly threshold: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** Not random: it is the back-off of a single prober. */
const FIRST_OPEN_FACTOR = 2;

export class Breaker {
  private current: BreakerState = 'closed';
  private failuresInARow = 0;
  private openings = 0;
  private opensUntil = 0;

  /** @param onChange told of each change that an operator should know: 'open' and 'closed' */
  constructor(
    private readonly options: BreakerOptions,
    private readonly onChange: (state: 'open' | 'closed') => void,
  ) {}

  get state(): BreakerState {
    return this.current;
  }

  /** When a batch may be attempted; epoch milliseconds, Infinity while one is probing. */
  get allowsAt(): number {
    if (this.current === 'closed') return 0;
    return this.current === 'open' ? this.opensUntil : Infinity;
  }

  /** Says that a batch is attempted. @returns whether it is a probe */
  begin(): boolean {
    if (this.current === 'closed') return false;
    this.enter('probing');
    return true;
  }

  /** The destination answered, be it with a refusal. */
  succeed(): void {
    this.failuresInARow = 0;
    this.openings = 0;
    if (this.current === 'closed') return;
    this.enter('closed');
    this.onChange('closed');
  }

  /** @param retryAfterMs what the destination asked for, if it did */
  fail(now: number, retryAfterMs = 0): void {
    this.failuresInARow++;
    const { threshold, minDelayMs, maxDelayMs } = this.options;
    if (this.current === 'open' || (this.current === 'closed' && this.failuresInARow < threshold)) return;
    const wasClosed = this.current === 'closed';
    const delayMs = Math.min(maxDelayMs, minDelayMs * FIRST_OPEN_FACTOR ** ++this.openings);
    this.opensUntil = now + Math.max(delayMs, retryAfterMs);
    this.enter('open');
    if (wasClosed) this.onChange('open');
  }

  private enter(state: BreakerState): void {
    this.current = state;
  }
}

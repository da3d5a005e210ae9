import type { RecordRef, StoredRecord } from '../store/record-store';
import type { LetterStore } from './letter-store';

export type LetterDecision = 'keep' | 'remove' | 'stop';

const PAGE_EVENTS = 500;
const PAGE_BYTES = 4_194_304;

/**
 * Looks at each letter of a store once, the oldest first, in one or several turns of the event
 * loop.
 *
 * Letters that were kept stay leased until `end`, so the walk knows its position. `pause` gives
 * them back for a while, so that another walk in the same turn finds all letters. The walk ignores
 * letters that come after its start: a letter that is redriven and rejected again would otherwise
 * be redriven endlessly.
 */
export class LetterWalk {
  /** Resolves when the walk has ended. */
  readonly ended: Promise<void>;
  private readonly resolveEnded: () => void;
  private readonly passed = new Set<RecordRef>();
  private ahead: StoredRecord[] = [];
  private remaining: number;
  private isEnded = false;

  constructor(private readonly store: Pick<LetterStore, 'count' | 'lease' | 'release' | 'settle'>) {
    this.remaining = store.count;
    let resolveEnded = (): void => undefined;
    this.ended = new Promise((resolve) => (resolveEnded = resolve));
    this.resolveEnded = resolveEnded;
  }

  /**
   * Looks at letters for `maxMs` milliseconds, but at least at one.
   * @param decide may throw, because filters are functions of the application
   * @returns true if there may be more letters to look at
   */
  run(maxMs: number, decide: (record: StoredRecord) => LetterDecision): boolean {
    if (this.isEnded) return false;
    const until = performance.now() + maxMs;
    const removed: RecordRef[] = [];
    try {
      do {
        const record = this.next();
        if (record === undefined) return false;
        const decision = decide(record);
        if (decision === 'stop') return false;
        if (decision === 'keep') continue;
        this.passed.delete(record.ref);
        removed.push(record.ref);
      } while (performance.now() < until);
      return true;
    } finally {
      this.store.settle(removed);
    }
  }

  /** Gives all leased letters back until `resume`, which must be called in the same turn. */
  pause(): void {
    this.store.release([...this.passed, ...this.ahead.map(({ ref }) => ref)]);
    this.remaining += this.ahead.length;
    this.ahead = [];
  }

  /**
   * Leases as many letters again as the walk had looked at before `pause`. Letters are leased
   * oldest first, so they are the same ones.
   */
  resume(): void {
    let missing = this.passed.size;
    this.passed.clear();
    while (missing > 0) {
      const records = this.store.lease(Math.min(missing, PAGE_EVENTS), PAGE_BYTES);
      if (records.length === 0) return;
      for (const { ref } of records) this.passed.add(ref);
      missing -= records.length;
    }
  }

  /** Ends the walk: gives the leased letters back, and makes `run` do nothing. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.pause();
    this.resolveEnded();
  }

  private next(): StoredRecord | undefined {
    if (this.ahead.length === 0 && this.remaining > 0) {
      this.ahead = this.store.lease(Math.min(this.remaining, PAGE_EVENTS), PAGE_BYTES).reverse();
      this.remaining -= this.ahead.length;
    }
    const record = this.ahead.pop();
    if (record !== undefined) this.passed.add(record.ref);
    return record;
  }
}

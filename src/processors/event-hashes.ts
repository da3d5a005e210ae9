import type { Envelope } from '../event/envelope';
import type { Pseudonyms } from './pseudonyms';

/** Maximum number of different values that are hashed per event: about 2 ms of work on one core. */
export const MAX_HASHES = 1000;
/**
 * Longer strings are hashed again when they repeat: V8 looks up a long string slowly, and keeps it.
 */
const MAX_REMEMBERED_LENGTH = 1000;

/**
 * Hashes the values of one event at a time, in bounded time. Values above the bound are masked and
 * counted.
 */
export class EventHashes {
  private hashes = new Map<string, string>();
  private made = 0;
  private masked = 0;

  /** @param mask replaces values above the bound */
  constructor(
    private readonly pseudonyms: Pseudonyms,
    private readonly mask: string,
  ) {}

  /**
   * Runs `work` with a separate bound, since application code may emit while an event is processed.
   */
  inEvent<Result>(envelope: Envelope, work: () => Result): Result {
    const { hashes, made, masked } = this;
    this.hashes = new Map();
    this.made = this.masked = 0;
    try {
      const result = work();
      if (this.masked > 0) envelope.reportReplaced('not-hashed', this.masked);
      return result;
    } finally {
      this.hashes = hashes;
      this.made = made;
      this.masked = masked;
    }
  }

  /**
   * True if no value of this event has been masked so far. Each event has its own bound, so the
   * next event may be within it.
   */
  get isComplete(): boolean {
    return this.masked === 0;
  }

  /** Returns the hash of a value; equal values of one event are hashed once. */
  of(value: unknown): string {
    const isAtEnd = this.made >= MAX_HASHES;
    if (isAtEnd && typeof value === 'object') return this.masking(); // its JSON may be long
    const text = this.pseudonyms.textOf(value);
    const known = text.length <= MAX_REMEMBERED_LENGTH ? this.hashes.get(text) : undefined;
    if (known !== undefined) return known;
    if (isAtEnd) return this.masking();
    this.made++;
    const hash = this.pseudonyms.of(text);
    if (text.length <= MAX_REMEMBERED_LENGTH) this.hashes.set(text, hash);
    return hash;
  }

  private masking(): string {
    this.masked++;
    return this.mask;
  }
}

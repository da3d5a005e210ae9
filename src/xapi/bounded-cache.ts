import { within } from '../common/within';

/** How long what a resolver returned is waited for and kept, and how much of it. */
export interface ResolverCacheOptions {
  /** Most users, and most courses, that are kept.  @default 10_000 */
  readonly maxEntries?: number | undefined;
  /** Milliseconds for which an answer is kept.  @default 600_000 */
  readonly ttlMs?: number | undefined;
  /**
   * Milliseconds for which an answer is waited for. Events that need it are then sent again later,
   * and the others of their batch now.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
}

const MAX_ENTRIES = 10_000;
const TTL_MS = 600_000;
const TIMEOUT_MS = 5000;

/**
 * Keeps what an asynchronous function returned, by key. Calls for one key at the same time share
 * one call. A rejection, undefined and an answer that came too late are not kept, so that a user
 * who is added later is found.
 */
export class BoundedCache<Value> {
  private readonly entries = new Map<string, { readonly value: Promise<Value | undefined>; readonly until: number }>();
  private readonly maxEntries: number;
  private readonly ttlMs: number;
  private readonly timeoutMs: number;

  constructor({ maxEntries = MAX_ENTRIES, ttlMs = TTL_MS, timeoutMs = TIMEOUT_MS }: ResolverCacheOptions = {}) {
    this.maxEntries = maxEntries;
    this.ttlMs = ttlMs;
    this.timeoutMs = timeoutMs;
  }

  get(key: string, make: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const kept = this.entries.get(key);
    if (kept !== undefined && kept.until > performance.now()) return kept.value;
    this.entries.delete(key);
    // Without a limit, one call that never ends would hold up every batch of its user.
    const value = within({ timeoutMs: this.timeoutMs }, make(), timedOut);
    const entry = { value, until: performance.now() + this.ttlMs };
    this.entries.set(key, entry);
    if (this.entries.size > this.maxEntries) this.forgetOldest();
    const forget = (): void => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    };
    value.then((made) => {
      if (made === undefined) forget();
    }, forget);
    return value;
  }

  private forgetOldest(): void {
    for (const key of this.entries.keys()) {
      this.entries.delete(key);
      return;
    }
  }
}

function timedOut(): never {
  throw new DOMException('no answer in time', 'TimeoutError');
}

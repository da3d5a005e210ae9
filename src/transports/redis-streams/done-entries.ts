import { setTimeout as wait } from 'node:timers/promises';
import type { StreamEntry } from './stream-entry';
import type { StreamGroup } from './stream-group';

/**
 * Acknowledges finished entries. If Redis cannot be reached, this is retried later. An entry may be
 * acknowledged twice.
 */
export class DoneEntries {
  private waiting: StreamEntry[] = [];
  private isTelling = false;
  private timer: NodeJS.Immediate | undefined;

  /** @param onTold called with entries that Redis has acknowledged */
  constructor(
    private readonly group: StreamGroup,
    private readonly isReady: () => boolean,
    private readonly onTold: (entries: readonly StreamEntry[]) => void,
  ) {}

  add(entry: StreamEntry): void {
    this.waiting.push(entry);
    this.tellSoon();
  }

  /** Acknowledges in the next turn of the event loop, together with entries finished by then. */
  tellSoon(): void {
    if (this.timer !== undefined || this.isTelling || this.waiting.length === 0) return;
    this.timer = setImmediate(() => {
      this.timer = undefined;
      // Retried with the next entry, or when Redis is connected again.
      this.tell().catch(() => undefined);
    });
  }

  /**
   * Resolves when no entry waits or Redis is not connected; rejects if an acknowledgement fails.
   */
  async tellAll(): Promise<void> {
    while (this.isTelling) await wait(1);
    await this.tell();
  }

  close(): void {
    clearImmediate(this.timer);
  }

  private async tell(): Promise<void> {
    if (this.isTelling) return;
    this.isTelling = true;
    try {
      while (this.waiting.length > 0 && this.isReady()) {
        const entries = this.waiting;
        this.waiting = [];
        try {
          await Promise.all([...byKey(entries)].map(([key, ids]) => this.group.acknowledge(key, ids)));
        } catch (error) {
          this.waiting = [...entries, ...this.waiting];
          throw error;
        }
        this.onTold(entries);
      }
    } finally {
      this.isTelling = false;
    }
  }
}

function byKey(entries: readonly StreamEntry[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { key, id } of entries) {
    const known = ids.get(key);
    if (known === undefined) ids.set(key, [id]);
    else known.push(id);
  }
  return ids;
}

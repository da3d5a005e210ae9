import type { StreamEntry } from './stream-entry';
import type { StreamGroup } from './stream-group';

/**
 * Acknowledges finished entries, all that are finished by the next turn of the event loop with one
 * command per stream. If Redis cannot be reached, they wait for the next attempt. An entry may be
 * acknowledged twice.
 */
export class Acknowledgements {
  private waiting: StreamEntry[] = [];
  private sending: Promise<void> | undefined;
  private timer: NodeJS.Immediate | undefined;

  /**
   * @param isReady returns true while Redis is connected
   * @param onAcknowledged called with entries that Redis has acknowledged
   */
  constructor(
    private readonly group: Pick<StreamGroup, 'acknowledge'>,
    private readonly isReady: () => boolean,
    private readonly onAcknowledged: (entries: readonly StreamEntry[]) => void,
  ) {}

  add(entry: StreamEntry): void {
    this.waiting.push(entry);
    this.sendSoon();
  }

  /** Acknowledges in the next turn of the event loop, together with entries finished by then. */
  sendSoon(): void {
    if (this.timer !== undefined || this.sending !== undefined || this.waiting.length === 0) return;
    this.timer = setImmediate(() => {
      this.timer = undefined;
      // Sent again with the next entry, or when Redis is connected again.
      this.send().catch(() => undefined);
    });
  }

  /**
   * Resolves when no entry waits or Redis is not connected; rejects if an acknowledgement fails.
   */
  async sendAll(): Promise<void> {
    await this.sending?.catch(() => undefined);
    await this.send();
  }

  close(): void {
    clearImmediate(this.timer);
  }

  private send(): Promise<void> {
    this.sending ??= this.sendWaiting().finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  private async sendWaiting(): Promise<void> {
    while (this.waiting.length > 0 && this.isReady()) {
      const entries = this.waiting;
      this.waiting = [];
      try {
        await Promise.all([...idsByKey(entries)].map(([key, ids]) => this.group.acknowledge(key, ids)));
      } catch (error) {
        this.waiting = [...entries, ...this.waiting];
        throw error;
      }
      this.onAcknowledged(entries);
    }
  }
}

function idsByKey(entries: readonly StreamEntry[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { key, id } of entries) {
    const known = ids.get(key);
    if (known === undefined) ids.set(key, [id]);
    else known.push(id);
  }
  return ids;
}

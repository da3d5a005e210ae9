import { RetryDelay } from '../common/retry-delay';
import type { SqlClient } from '../sql/sql-client';

const RETRY = { minDelayMs: 500, maxDelayMs: 30_000 };
/** Time after which a connection counts as one that works. */
const STEADY_MS = 10_000;

/**
 * Waits for NOTIFY as long as it can, and connects again after each loss. A failure is not
 * reported: rows are found without it too, only later.
 */
export class Listening {
  private readonly ending = new AbortController();
  private leave: (() => Promise<void>) | undefined;
  private isConnected = false;
  private readonly retry = new RetryDelay(RETRY);
  private running: Promise<void> | undefined;

  constructor(
    private readonly listen: NonNullable<SqlClient['listen']>,
    private readonly channel: string,
    private readonly onNotify: () => void,
  ) {}

  /** True while a commit is noticed at once. */
  get isListening(): boolean {
    return this.isConnected;
  }

  begin(): void {
    this.running = this.run();
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.running;
    await this.leave?.();
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        const openedAt = performance.now();
        this.leave = await this.listen(this.channel, this.onNotify, () => {
          this.isConnected = false;
          if (performance.now() - openedAt > STEADY_MS) this.retry.reset();
          if (!signal.aborted) this.running = this.again();
        });
        this.isConnected = true;
        // Commits before this connection have notified nobody.
        this.onNotify();
        return;
      } catch {
        await this.retry.wait(signal, false);
      }
    }
  }

  /** Connects again after a loss. A server that ends every connection is not asked all the time. */
  private async again(): Promise<void> {
    await this.retry.wait(this.ending.signal, false);
    await this.run();
  }
}

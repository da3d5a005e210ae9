import { RetryDelay } from '../common/retry-delay';
import type { SqlClient } from '../sql/sql-client';

const RETRY = { minDelayMs: 1000, maxDelayMs: 30_000 };

/**
 * Waits for NOTIFY as long as it can, and connects again after each loss. A failure is not
 * reported: rows are found without it too, only later.
 */
export class Listening {
  private readonly ending = new AbortController();
  private leave: (() => Promise<void>) | undefined;
  private isConnected = false;
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
    const retry = new RetryDelay(RETRY);
    while (!signal.aborted) {
      try {
        this.leave = await this.listen(this.channel, this.onNotify, () => {
          this.isConnected = false;
          if (!signal.aborted) this.begin();
        });
        this.isConnected = true;
        // What was committed before the connection has told nobody.
        this.onNotify();
        return;
      } catch {
        await retry.wait(signal, false);
      }
    }
  }
}

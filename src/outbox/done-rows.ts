import { RetryDelay } from '../common/retry-delay';

const RETRY = { minDelayMs: 100, maxDelayMs: 5000 };
/** Positions of one statement. */
const MAX_AT_ONCE = 5000;

/**
 * Deletes the rows of finished events: all that are finished by the next turn of the event loop
 * with one statement, and one statement at a time. While the database cannot be reached, they wait.
 */
export class DoneRows {
  /** True from a failed statement until one has succeeded. */
  isFailing = false;
  private waiting: string[] = [];
  private working: Promise<void> | undefined;
  private readonly ending = new AbortController();

  /**
   * @param remove deletes rows
   * @param onRemoved called with rows that are deleted
   * @param onFailure called when a statement fails; it is tried again
   */
  constructor(
    private readonly remove: (positions: readonly string[]) => Promise<void>,
    private readonly onRemoved: (positions: readonly string[]) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(position: string): void {
    this.waiting.push(position);
    this.working ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.work());
  }

  /** Resolves when every row that was added is deleted, or when `end` was called. */
  async settled(): Promise<void> {
    while (this.working !== undefined) await this.working;
  }

  /** Stops trying again. */
  end(): void {
    this.ending.abort();
  }

  private async work(): Promise<void> {
    const retry = new RetryDelay(RETRY);
    while (this.waiting.length > 0 && !this.ending.signal.aborted) {
      const positions = this.waiting.splice(0, MAX_AT_ONCE);
      try {
        await this.remove(positions);
        this.isFailing = false;
        this.onRemoved(positions);
        retry.reset();
      } catch (error) {
        for (const position of positions) this.waiting.push(position);
        this.isFailing = true;
        this.onFailure(error);
        await retry.wait(this.ending.signal, false);
      }
    }
    this.working = undefined;
  }
}

import { atMost } from '../../common/at-most';

/** An answer under way may open a connection, so connections are closed after it; brokers that are silent are not waited for. */
const ANSWER_MS = 1000;

/**
 * Calls of a client that are under way, for an orderly end: a call that begins after `close`, or whose answer comes after it,
 * would leave a connection open.
 */
export class OpenCalls {
  private readonly calls = new Set<Promise<unknown>>();
  private isClosed = false;

  /** Makes a call. Rejects with what it rejects with, and after `close` without making it. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new Error('it is closed');
    const made = call();
    this.calls.add(made);
    try {
      return await made;
    } finally {
      this.calls.delete(made);
    }
  }

  /**
   * Lets no more calls begin, and disconnects when those under way have been answered, or after a second; then once more when
   * the last one has ended. Never rejects.
   */
  async close(disconnect: () => Promise<unknown>): Promise<void> {
    this.isClosed = true;
    const ended = Promise.allSettled([...this.calls]);
    await atMost(ANSWER_MS, ended);
    const isLate = this.calls.size > 0;
    await disconnect().catch(() => undefined);
    if (isLate) void ended.then(disconnect).catch(() => undefined);
  }
}

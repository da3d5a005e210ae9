import { atMost } from '../../common/at-most';

/**
 * Milliseconds to wait for responses before closing. A response can open a connection, so closing
 * comes after it, but silent brokers must not block it.
 */
const ANSWER_MS = 1000;

/**
 * Tracks the calls of a client that are in progress, for an orderly end. A call that starts after
 * `close`, or whose response arrives after it, would leave a connection open.
 */
export class OpenCalls {
  private readonly calls = new Set<Promise<unknown>>();
  private isClosed = false;

  /** Makes a call and settles like it. After `close`, rejects without making it. */
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
   * Prevents new calls, then disconnects when the calls in progress have settled, or after a
   * second. Disconnects again when the last late call has ended. Never rejects.
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

import { SendFailedException } from '../../delivery/destination';

const MAX_ABANDONED = 8;
/** Time for which an abandoned statement counts, in case a library never ends it. */
const COUNTED_MS = 300_000;

/**
 * Ends the wait for a statement at the signal of its batch. The library may continue with the
 * statement, and a library whose connections are silent would collect one after the other in
 * memory. So no new one is begun while many are abandoned.
 */
export class PendingStatements {
  /** Times at which statements were abandoned, in milliseconds. */
  private readonly abandoned = new Set<{ readonly at: number }>();

  /** @param now monotonic time in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Runs `send` until the signal.
   * @throws SendFailedException at the signal, or if too many statements are abandoned; the error
   *   of `send`
   */
  async within<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    this.refuseIfSilent();
    if (signal.aborted) throw noAnswer();
    const sending = send();
    let giveUp = (): void => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        reject(noAnswer());
        this.abandon(sending);
      };
    });
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([sending, aborted]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  private abandon(sending: Promise<unknown>): void {
    const mark = { at: this.now() };
    this.abandoned.add(mark);
    const forget = (): void => void this.abandoned.delete(mark);
    sending.then(forget, forget);
  }

  private refuseIfSilent(): void {
    for (const mark of this.abandoned) if (this.now() - mark.at > COUNTED_MS) this.abandoned.delete(mark);
    if (this.abandoned.size < MAX_ABANDONED) return;
    const reason = `PostgreSQL has not answered ${this.abandoned.size} earlier statements. Fix: a timeout for statements of the pool`;
    throw SendFailedException.create({ reason, retryable: true });
  }
}

function noAnswer(): SendFailedException {
  return SendFailedException.create({ reason: 'PostgreSQL did not answer in time', retryable: true });
}

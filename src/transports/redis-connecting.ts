import { LastingOutage, type OutageReports } from './lasting-outage';

/**
 * The part of an ioredis client that is used here. The caller knows the full type and who owns the
 * client.
 */
interface Connecting {
  readonly status: string;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

const CONNECT_MS = 1000;

/**
 * Waits up to a second for a client that is connecting for the first time. Returns at once for a
 * lost connection.
 */
export async function whenConnected(client: Connecting): Promise<void> {
  if (['connecting', 'connect', 'wait'].includes(client.status))
    await nextOf(client, ['ready', 'close', 'end'], CONNECT_MS);
}

/**
 * Resolves with the first of these events, when the time limit has passed, or when `signal` is
 * aborted.
 */
export function nextOf(
  client: Connecting,
  events: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const event of events) client.off(event, end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, timeoutMs);
    for (const event of events) client.on(event, end);
    signal?.addEventListener('abort', end);
  });
}

/**
 * Reports when Redis becomes unusable and when it is usable again, once per lasting change. The
 * connection status does not show this: ioredis reports `ready` before Redis has replied to AUTH,
 * and a client that lacks a required password stays ready.
 */
export class RedisOutage extends LastingOutage {
  private asking: Promise<boolean> | undefined;

  constructor(
    private readonly client: { ping(): Promise<unknown> },
    reports: OutageReports,
  ) {
    super(reports);
  }

  /** True while the question sent by `ask` is unanswered. */
  get isAsking(): boolean {
    return this.asking !== undefined;
  }

  /**
   * Sends PING. Resolves with true if Redis answers it, and with false if Redis refuses it. Never
   * rejects.
   */
  ask(): Promise<boolean> {
    this.asking ??= this.client
      .ping()
      .then(
        () => {
          this.answered();
          return true;
        },
        (error: unknown) => {
          this.failed(error as Error);
          return false;
        },
      )
      .finally(() => {
        this.asking = undefined;
      });
    return this.asking;
  }
}

import { LastingOutage, type OutageReports } from './lasting-outage';

/** As much of a client of ioredis as is asked here; which one, and whose, its room knows. */
interface Connecting {
  readonly status: string;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

const CONNECT_MS = 1000;

/** A connection that is being made is worth a moment; one that was lost is not. */
export async function whenConnected(client: Connecting): Promise<void> {
  if (['connecting', 'connect', 'wait'].includes(client.status))
    await nextOf(client, ['ready', 'close', 'end'], CONNECT_MS);
}

/** Resolves with the first of these events, when the time is up, or when `signal` is aborted. */
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
 * Reports that Redis cannot be used, and that it can be again: once for each change that lasts. A connection says nothing about
 * that: ioredis calls one ready before Redis has answered AUTH, and one that needs a password and gave none stays ready.
 */
export class RedisOutage extends LastingOutage {
  private asking: Promise<boolean> | undefined;

  constructor(
    private readonly client: { ping(): Promise<unknown> },
    reports: OutageReports,
  ) {
    super(reports);
  }

  /** True while Redis has not answered the question of `ask`. */
  get isAsking(): boolean {
    return this.asking !== undefined;
  }

  /** Resolves with true once Redis has answered a command, and with false where it has refused it. Never rejects. */
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

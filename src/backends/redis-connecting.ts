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

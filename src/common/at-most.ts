import { MAX_TIMER_MS } from './clock';

/**
 * Returns the result of `work`; undefined if it rejects or takes longer than `timeoutMs`. The timer
 * keeps the process alive until then, because the code that closes an application waits for it.
 */
export async function atMost<T>(timeoutMs: number, work: Promise<T> | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.min(Math.max(timeoutMs, 0), MAX_TIMER_MS), undefined);
  });
  try {
    return await Promise.race([work, isOver]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

import { MAX_TIMER_MS } from './clock';

/**
 * What `work` resolves with; undefined where it rejects, or takes longer. Until then the process is kept alive: whoever ends an
 * application waits for it.
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

import { within } from './within';

/**
 * Returns the result of `work`; undefined if it rejects or takes longer than `timeoutMs`. The timer
 * keeps the process alive until then, because the code that closes an application waits for it.
 */
export async function atMost<T>(timeoutMs: number, work: Promise<T> | undefined): Promise<T | undefined> {
  if (work === undefined) return undefined;
  try {
    return await within({ timeoutMs }, work, () => undefined);
  } catch {
    return undefined;
  }
}

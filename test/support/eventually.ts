import { until } from './until';

/** Waits until `check` no longer throws; after ten seconds its last failure is the test's. */
export async function eventually(check: () => void): Promise<void> {
  let failure: unknown;
  const holds = (): boolean => {
    try {
      check();
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  await until(holds).catch(() => {
    throw failure;
  });
}

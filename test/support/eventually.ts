const PATIENCE_MS = 10_000;

/** Waits until `check` no longer throws; after ten seconds its last failure is the test's. */
export async function eventually(check: () => void): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

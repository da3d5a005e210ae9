/** Shortest time between two calls: rows that move more often than this cannot be read. */
const MIN_INTERVAL_MS = 150;

/**
 * Returns a function that calls `work` in the next animation frame, once for all calls until then.
 * Hidden pages have no frames: there, a timer takes their place.
 */
export function everyFrame(work: () => void): () => void {
  let isPlanned = false;
  let lastAt = 0;
  const run = () => {
    isPlanned = false;
    lastAt = performance.now();
    work();
  };
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    const waitMs = Math.max(0, lastAt + MIN_INTERVAL_MS - performance.now());
    setTimeout(() => {
      if (document.hidden) run();
      else requestAnimationFrame(run);
    }, waitMs);
  };
}

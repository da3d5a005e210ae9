import type { Notices } from '../common/notices';
import type { Deliveries } from '../delivery/deliveries';
import { lossesOf } from '../ledger/losses';
import type { TrackingLedger } from '../ledger/tracking-ledger';

/** Logs the losses of a tracker that has closed, in one line; nothing if it has lost no event. */
export function reportLosses(name: string, ledger: TrackingLedger, notices: Pick<Notices, 'warn'>): void {
  const byPlace = new Map<string, string[]>();
  for (const { node, reason, count } of lossesOf(ledger)) {
    byPlace.set(node, [...(byPlace.get(node) ?? []), `${String(count)} ${reason}`]);
  }
  if (byPlace.size === 0) return;
  const lines = [...byPlace].map(([place, losses]) => `${place}: ${losses.join(', ')}`);
  const { emitted, relayed } = ledger.tracker();
  const taken = relayed === 0 ? '' : ` and ${String(relayed)} relayed`;
  notices.warn(
    `tracker "${name}" closed; of ${String(emitted)} events emitted${taken}, dropped at ${lines.join('; ')}.`,
  );
}

/** Logs the dead letters that were in memory only and are gone, because the tracker has closed. */
export function reportLostLetters(
  name: string,
  deliveries: Pick<Deliveries, 'lettersLostAtClose'>,
  notices: Pick<Notices, 'warn'>,
): void {
  const lost = [...deliveries.lettersLostAtClose()].map(([path, count]) => `${path}: ${String(count)}`);
  if (lost.length === 0) return;
  notices.warn(
    `tracker "${name}" closed with dead letters that were in memory only and are gone (${lost.join(', ')}). ` +
      'Fix: give delivery a directory, where dead letters are kept for the next start.',
  );
}

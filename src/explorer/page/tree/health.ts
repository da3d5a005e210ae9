import type { DeliveryState, TreeNode } from '../../api';
import { bytes, plural } from '../lib/format';

export interface Health {
  readonly tone: 'ok' | 'wait' | 'bad' | 'off';
  readonly word: string;
}

/** The worst thing about a node, in a word or two. */
export function healthOf({ delivery, failures }: TreeNode): Health {
  if (delivery?.isDiskFailing) return { tone: 'bad', word: 'disk failing' };
  if (delivery?.breaker === 'open') return { tone: 'bad', word: 'breaker open' };
  if (delivery?.breaker === 'probing') return { tone: 'wait', word: 'trying again' };
  if (sumOf(failures) > 0) return { tone: 'wait', word: plural(sumOf(failures), 'failure') };
  if (delivery?.isOnDisk) return { tone: 'wait', word: 'queue on disk' };
  return { tone: 'ok', word: 'healthy' };
}

export const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

const OPEN_BECAUSE: Readonly<Record<NonNullable<DeliveryState['breakerReason']>, string>> = {
  failing: 'attempts fail, and events wait until one succeeds',
  refusing: 'the destination refuses every event, and the others wait',
  'retry-after': 'the destination asked to wait',
};

/** Sentences about the state of a delivery that the reader may have to act on. */
export function sentencesOf(delivery: DeliveryState): readonly string[] {
  const { breaker, breakerReason, pending, isOnDisk, diskBytes, isDiskFailing } = delivery;
  return [
    ...(breaker === 'open' ? [`The circuit breaker is open: ${OPEN_BECAUSE[breakerReason ?? 'failing']}.`] : []),
    ...(breaker === 'probing' ? ['The circuit breaker lets one batch through to see whether the server is back.'] : []),
    ...(isDiskFailing
      ? ['The directory cannot be written: events are held in memory. Check its space and permissions.']
      : []),
    ...(isOnDisk ? [`${plural(pending, 'event')} wait, ${bytes(diskBytes)} of them on disk. None is lost.`] : []),
  ];
}

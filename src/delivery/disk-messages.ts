import type { DiskLoss } from './disk-source';

/** The log message for a disk that fails, for the operator of one destination. */

export function diskFailedText({ message }: Error): string {
  const [what = message, fix = 'let nothing but this application write or remove files in its delivery directory.'] =
    message.split('\n  Fix: ');
  return (
    `the disk queue cannot be used: ${what.replace(/\.$/, '')}. Events are held in memory as far as there is room, and do ` +
    `not survive the process. It is tried every second. Fix: ${fix}`
  );
}

const LOSSES: Readonly<Record<DiskLoss, string>> = {
  'disk-removed': 'their files were removed or replaced while in use',
  unreadable: 'their records cannot be read; what is left of them is in the .damaged files',
};

export function diskLossText(reason: DiskLoss, events: number): string {
  return (
    `${String(events)} events that were on disk are lost ('${reason}'): ${LOSSES[reason]}. (Logged once; the ledger ` +
    'counts on.) Fix: let nothing but this application write or remove files in its delivery directory.'
  );
}

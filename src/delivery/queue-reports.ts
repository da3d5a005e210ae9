import type { ConditionReports } from './disk-condition';
import type { DiskLoss } from './disk-source';
import type { QueuedEvent } from './queued-event';

export interface QueueReports extends ConditionReports {
  /** Events were dropped for want of room, or are lost on disk. */
  readonly onDropped: (reason: 'queue-full' | DiskLoss, events: number) => void;
  readonly onDiskBegun: () => void;
  readonly onDiskDrained: () => void;
  /** An event that cannot be written was not put on disk at the end: it is settled, or lost. */
  readonly onUnwritable: (entry: QueuedEvent, error: unknown) => void;
}

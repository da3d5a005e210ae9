import type { ConditionReports } from './disk-condition';
import type { DiskLoss } from './disk-source';
import type { QueuedEvent } from './queued-event';

export interface QueueReports extends ConditionReports {
  /** Called when events were dropped for lack of capacity, or lost on disk. */
  readonly onDropped: (reason: 'queue-full' | DiskLoss, events: number) => void;
  readonly onDiskBegun: () => void;
  readonly onDiskDrained: () => void;
  /**
   * Called for an event that cannot be written and was therefore not put on disk. The callback must
   * settle it, or it is lost.
   */
  readonly onUnwritable: (entry: QueuedEvent, error: unknown) => void;
}

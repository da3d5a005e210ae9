import type { QueuedEvent } from './queued-event';

export interface QueueReports {
  /** Events that were forgotten, or are not taken, for want of room, or since they cannot be read. */
  readonly onDropped: (reason: 'queue-full' | 'unreadable', events: number) => void;
  /** The disk can no more be used; told once, until it can again. */
  readonly onDiskFailed: (error: Error) => void;
  readonly onDiskMended: () => void;
  readonly onDiskBegun: () => void;
  readonly onDiskDrained: () => void;
  /** An event that cannot be written was not put on disk at the end: it is settled, or lost. */
  readonly onUnwritable: (entry: QueuedEvent, error: unknown) => void;
}

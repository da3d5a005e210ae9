import type { DropReason } from '../../ledger/reasons';
import type { Envelope } from '../../event/envelope';

/** Writes one event to a file, pino or a Nest logger. */
export interface LogTarget {
  readonly callsApplication: boolean;
  /** @returns the reason for the drop; undefined if the event was written */
  write(envelope: Envelope): DropReason | undefined;
  /** Waits for the events that the logger itself holds.  @default it holds none */
  flush?(): Promise<void>;
}

import type { DropReason } from '../../ledger/reasons';
import type { Envelope } from '../../event/envelope';

/** Writes one event to a file, pino or a Nest logger. */
export interface LogTarget {
  readonly callsApplication: boolean;
  /** @returns why the event was dropped; undefined if it was written */
  write(envelope: Envelope): DropReason | undefined;
  /** Waits for what the logger itself holds.  @default it holds nothing */
  flush?(): Promise<void>;
}

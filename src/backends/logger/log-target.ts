import type { DropReason } from '../../delivery/node-ledger';
import type { Envelope } from '../../event/envelope';

/** Where lines go, and how an event becomes what goes there. */
export interface LogTarget {
  readonly callsApplication: boolean;
  write(envelope: Envelope): DropReason | undefined;
}

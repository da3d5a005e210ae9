import type { EventCatalog } from '../catalog/catalog';
import type { ValidationMode, ValidationOptions } from '../catalog/validation-mode';
import type { TrackingClock } from '../common/clock';
import type { Notices } from '../common/notices';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { EventIds } from '../event/event-id';
import type { PartialLimits } from '../event/value-limits';
import type { TransactionSettings } from './transaction-options';

/** Options of one tracker, after the module has validated them and filled in the defaults. */
export interface RuntimeOptions {
  readonly name: string;
  readonly enabled: boolean;
  readonly clock: TrackingClock;
  readonly limits: PartialLimits;
  /** Maximum number of events that wait for the start. */
  readonly maxEarlyEvents: number;
  readonly shutdownTimeoutMs: number;
  readonly transactions?: TransactionSettings | undefined;
  /** True to send the events of transactions with an outbox as if they had none.  @default false */
  readonly ignoresOutbox?: boolean | undefined;
  readonly delivery?: DeliveryOptions | undefined;
  readonly notices: Notices;
  readonly catalog?: EventCatalog | undefined;
  readonly validation?: ValidationMode | ValidationOptions | undefined;
  readonly documentation?: boolean | undefined;
  /**
   * Generator of event ids.
   * @default UUIDv7
   */
  readonly ids?: Pick<EventIds, 'next'> | undefined;
}

import type { LoggerService } from '@nestjs/common';
import type { EventCatalog, CatalogEntry } from '../catalog/catalog';
import type { ValidationMode, ValidationOptions } from '../catalog/validation-mode';
import type { TrackingClock } from '../common/clock';
import type { RequestContextOptions } from '../context/request-context-options';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { PartialLimits } from '../event/value-limits';
import type { RuntimeOptions } from '../tracker/runtime-options';
import type { TransactionSettings } from '../tracker/transaction-options';

export type TrackingRole = 'both' | 'emitter' | 'worker';

/** Options that may be determined as late as at start, for `forRootAsync`. */
export interface TrackingRuntimeOptions {
  /**
   * Set false to switch tracking off: nothing is built, `emit` does nothing, and all injections
   * still work.
   * @default true
   */
  readonly enabled?: boolean | undefined;
  /**
   * Scope of each HTTP request, or false for none.
   * @default {}
   */
  readonly requestContext?: RequestContextOptions | false | undefined;
  /**
   * Clock for the timestamps of events.
   * @default Date.now
   */
  readonly clock?: TrackingClock | undefined;
  /**
   * Limits on the size of one event.
   * @default { maxDepth: 64, maxNodes: 20_000, maxTextLength: 1_000_000, maxNameLength: 1_000 }
   */
  readonly limits?: PartialLimits | undefined;
  /**
   * Maximum number of events that are kept until the application has started. Further ones are
   * dropped as 'not-ready'.
   * @default 10_000
   */
  readonly maxEarlyEvents?: number | undefined;
  /**
   * Maximum time in milliseconds that closing the application waits for held events to be written.
   * The default is within the 10 s of `docker stop`.
   * @default 8000
   */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * Limits on the events that one transaction holds until it commits, and the table of the outbox.
   * @default { maxEvents: 10_000, maxBytes: 16_777_216 }
   */
  readonly transactions?: TransactionSettings | undefined;
  /**
   * Use of the queues outside this process: 'emitter' only adds events, 'worker' and 'both' also
   * take them. `createTrackingWorker` sets 'worker'.
   * @default 'both'
   */
  readonly role?: TrackingRole | undefined;
  /**
   * Delivery options of all destinations without their own (docs/reference/delivery.md).
   * @default {}
   */
  readonly delivery?: DeliveryOptions | undefined;
  /**
   * Documented events, against which emitted events are validated.
   * @default none
   */
  readonly catalog?: EventCatalog | readonly CatalogEntry[] | undefined;
  /**
   * Handling of events that do not match the catalog.
   * @default 'report'
   */
  readonly validation?: ValidationMode | ValidationOptions | undefined;
  /**
   * True to send the documentation with the events: each event names its definition in its field
   * `schema`, and backends that can store the catalog receive it (docs/catalog/store.md).
   * @default false
   */
  readonly documentation?: boolean | undefined;
  /**
   * Logger for the warnings of this module.
   * @default Nest's logger, context `Tracking`
   */
  readonly logger?: LoggerService | undefined;
}

/**
 * Additional options that the test kit sets. Not public: a store treats two events with one id as
 * one event, and a node needs its hooks.
 */
export interface TestedRuntimeOptions extends TrackingRuntimeOptions {
  readonly ids?: RuntimeOptions['ids'];
  /**
   * True to send events into the tree once it is built, before it is started: a unit test compiles
   * its module and never starts it.
   * @default false
   */
  readonly startsWhenBuilt?: boolean | undefined;
  /**
   * True to send the events of transactions with an outbox as if they had none: a unit test has
   * neither the table nor a relay.
   * @default false
   */
  readonly ignoresOutbox?: boolean | undefined;
}

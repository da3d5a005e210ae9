export { NotStoredException } from '../outbox/not-stored.exception';
export { holdEvents } from '../transactions/hold-events';
export type { HoldEventsOptions } from '../transactions/hold-events';
export { trackingTransactionalAdapter } from '../transactions/transactional-adapter';
export type {
  TrackingTransactionalAdapterOptions,
  TransactionalAdapterLike,
  TransactionalRunner,
} from '../transactions/transactional-adapter';

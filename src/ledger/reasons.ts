/**
 * Reason why an event was dropped: one of `KnownDropReason`, or a reason that a destination gives
 * when it rejects an event.
 */
export type DropReason = KnownDropReason | (string & Record<never, never>);

/**
 * Drops that the configuration asks for. 'returned' means that the queue from which the event came
 * keeps it.
 */
type ConfiguredReason =
  'filtered' | 'cancelled' | 'sampled' | 'rate-limited' | 'duplicate' | 'returned' | 'switched-off' | 'rolled-back';

/** Drops that an operator has to act on. */
type LossReason =
  | 'no-backend'
  | 'async-processor'
  | 'processor-failed'
  | 'backend-failed'
  | 'async-backend'
  | 'too-large'
  | 'log-unwritable'
  | 'queue-full'
  | 'unreadable'
  | 'disk-removed'
  | 'loop'
  | 'not-ready'
  | 'transaction-full'
  | 'emit-failed'
  | 'shutdown'
  | 'closed';

/** Every drop reason that this package uses. docs/reference/ledger.md explains each. */
export type KnownDropReason = ConfiguredReason | LossReason;

const CONFIGURED: Readonly<Record<ConfiguredReason, true>> = {
  filtered: true,
  cancelled: true,
  sampled: true,
  'rate-limited': true,
  duplicate: true,
  returned: true,
  'switched-off': true,
  'rolled-back': true,
};

const LOSSES: Readonly<Record<LossReason, true>> = {
  'no-backend': true,
  'async-processor': true,
  'processor-failed': true,
  'backend-failed': true,
  'async-backend': true,
  'too-large': true,
  'log-unwritable': true,
  'queue-full': true,
  unreadable: true,
  'disk-removed': true,
  loop: true,
  'not-ready': true,
  'transaction-full': true,
  'emit-failed': true,
  shutdown: true,
  closed: true,
};

/** True for a drop that the configuration asks for. */
export function isConfigured(reason: string): boolean {
  return Object.hasOwn(CONFIGURED, reason);
}

/**
 * True for a drop that is a loss. Configured drops are not losses. Reasons of destinations
 * ('no-user') are not losses either: a destination gives its own reason for events that it can
 * never accept.
 */
export function isLoss(reason: string): boolean {
  return Object.hasOwn(LOSSES, reason);
}

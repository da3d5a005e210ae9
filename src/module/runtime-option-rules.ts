import { checkRequestContext } from '../context/request-options';
import { OptionPlace, type OptionRule, type OptionRules } from '../common/option-place';
import { anything, checked, flag, functionRule, number, oneOf, optionsOf } from '../common/option-rules';
import type { ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';
import { DELIVERY_OPTIONS } from '../delivery/check-delivery-options';
import type { PartialLimits } from '../event/normal-form';
import { TABLE_RULES } from '../outbox/relay-options';
import type { TransactionSettings } from '../tracker/transaction-options';
import type { TrackingRuntimeOptions } from './tracking-options';

const LIMIT = number({ above: 0, mayBeInfinite: true });
const LIMITS: OptionRules<PartialLimits> = {
  maxDepth: LIMIT,
  maxNodes: LIMIT,
  maxTextLength: LIMIT,
  maxNameLength: LIMIT,
};
const TRANSACTIONS: OptionRules<TransactionSettings> = {
  maxEvents: number({ min: 1, mayBeInfinite: true }),
  maxBytes: number({ min: 1, mayBeInfinite: true }),
  outbox: optionsOf(TABLE_RULES, { fix: "outbox: { table: 'tracking_outbox' }, or leave it out" }),
};
const FROM_ZERO = number({ min: 0, mayBeInfinite: true });

/**
 * Rules for the options that may be determined as late as at start. The options of the catalog
 * depend on its events; `catalogOf` checks them.
 */
export const RUNTIME_RULES: OptionRules<TrackingRuntimeOptions> = {
  enabled: flag({ fix: "enabled: config.get('TRACKING_ENABLED') !== 'false'" }),
  requestContext: checked('an object or false', checkRequestContext),
  clock: functionRule({ fix: 'clock: () => Date.now()' }),
  limits: optionsOf(LIMITS, { fix: 'limits: { maxDepth: 64 }, or leave it out' }),
  maxEarlyEvents: FROM_ZERO,
  shutdownTimeoutMs: FROM_ZERO,
  transactions: optionsOf(TRANSACTIONS, { fix: 'transactions: { maxEvents: 10_000 }, or leave it out' }),
  role: oneOf(['both', 'emitter', 'worker'], { fix: "role: 'emitter' for a web process next to workers" }),
  delivery: DELIVERY_OPTIONS,
  catalog: anything(),
  validation: anything(),
  documentation: flag({ fix: 'documentation: true' }),
  logger: anything(),
};

/** Returns the errors in the values of the options, unknown options aside. */
export function runtimeValueErrors(options: unknown): ConfigError[] {
  const errors: ConfigError[] = [];
  const rules = RUNTIME_RULES as Readonly<Record<string, OptionRule>>;
  if (isObject(options)) OptionPlace.inPath(errors, '', '').checkValues(options, rules);
  return errors;
}

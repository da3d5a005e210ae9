import { OptionPlace, type OptionRules } from '../common/option-place';
import { flag, number, oneOf, optionsOf, text, type NumberLimits } from '../common/option-rules';
import type { ConfigError } from '../common/tracking-config.exception';
import { isObject } from '../common/value-kinds';
import type { BatchOptions, DeliveryOptions, RetryOptions } from './delivery-options';

/** Infinity is valid: it switches a limit off. */
const FROM_ONE: NumberLimits = { min: 1, mayBeInfinite: true };
const FROM_ZERO: NumberLimits = { min: 0, mayBeInfinite: true };

const BATCH: OptionRules<BatchOptions> = {
  maxEvents: number(FROM_ONE),
  maxBytes: number(FROM_ONE),
  maxWaitMs: number(FROM_ZERO),
};

const RETRY: OptionRules<RetryOptions> = {
  attempts: number(FROM_ONE),
  maxAgeMs: number(FROM_ONE),
  minDelayMs: number(FROM_ZERO),
  maxDelayMs: number(FROM_ZERO),
  maxRetryAfterMs: number(FROM_ZERO),
};

const DELIVERY: OptionRules<DeliveryOptions> = {
  durable: flag(),
  directory: text({ expected: 'the path of a folder', fix: "directory: '/var/lib/my-app/tracking'" }),
  fsync: flag(),
  maxEvents: number(FROM_ONE),
  maxBytes: number(FROM_ONE),
  maxDiskBytes: number(FROM_ONE),
  whenFull: oneOf(['drop-newest', 'drop-oldest']),
  batch: optionsOf(BATCH),
  concurrency: number(FROM_ONE),
  ordered: flag(),
  timeoutMs: number(FROM_ONE),
  retry: optionsOf(RETRY),
};

/** Rule for delivery options as one option among others. */
export const DELIVERY_OPTIONS = optionsOf(DELIVERY);

/**
 * Checks delivery options of any type, since they may come from JavaScript or from a file.
 * @param path path of the delivery options in the configuration
 */
export function deliveryErrors(path: string, options: unknown): ConfigError[] {
  const errors: ConfigError[] = [];
  if (options !== undefined) DELIVERY_OPTIONS.check(options, OptionPlace.inPath(errors, path, 'delivery: { ... }'));
  return errors;
}

/**
 * Returns what options with errors still say about the disk, so that a missing directory is
 * reported together with these errors. A directory that is itself wrong counts as given: it has an
 * error of its own, and nothing is started with these options.
 */
export function diskOptions(options: unknown): Pick<DeliveryOptions, 'durable' | 'directory'> {
  const { durable, directory } = isObject(options) ? options : {};
  if (directory === undefined) return { durable: durable === true };
  return { durable: durable === true, directory: typeof directory === 'string' ? directory : 'invalid' };
}

import { resolve } from 'node:path';
import type { BatchOptions, DeliveryOptions, RetryOptions } from './delivery-options';

type Complete<Options> = { readonly [Option in keyof Options]-?: NonNullable<Options[Option]> };

/** Delivery options in which every option is set. */
export interface DeliverySettings extends Omit<Complete<DeliveryOptions>, 'directory' | 'batch' | 'retry'> {
  readonly directory: string | undefined;
  readonly batch: Complete<BatchOptions>;
  readonly retry: Complete<RetryOptions>;
}

export const DELIVERY_DEFAULTS: DeliverySettings = {
  durable: false,
  directory: undefined,
  fsync: false,
  maxEvents: 10_000,
  maxBytes: 16_777_216,
  maxDiskBytes: 1_073_741_824,
  whenFull: 'drop-newest',
  batch: { maxEvents: 100, maxBytes: 1_048_576, maxWaitMs: 1000 },
  concurrency: 2,
  ordered: false,
  timeoutMs: 10_000,
  retry: { attempts: 10, maxAgeMs: 604_800_000, minDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 3_600_000 },
};

/**
 * Merges delivery options with the defaults.
 * @param layers configured options, the most specific last: of the module, the class, the instance,
 * the node
 */
export function resolveDelivery(...layers: readonly (DeliveryOptions | undefined)[]): DeliverySettings {
  const resolved = layers.reduce<DeliverySettings>((settings, layer = {}) => {
    const { batch, retry, ...others } = layer;
    return {
      ...settings,
      ...given(others),
      batch: { ...settings.batch, ...given(batch ?? {}) },
      retry: { ...settings.retry, ...given(retry ?? {}) },
    };
  }, DELIVERY_DEFAULTS);
  return withAbsoluteDirectory(resolved);
}

/**
 * Makes the directory absolute. The working directory may change later, and the queue must stay
 * where the next process looks for it.
 */
export function withAbsoluteDirectory<Options extends DeliveryOptions>(options: Options): Options {
  const { directory } = options;
  // A value that is not a string is reported with all other errors of the configuration.
  return typeof directory === 'string' ? { ...options, directory: resolve(directory) } : options;
}

/** The delivery options of a destination's class. */
export function classDelivery(type: unknown): DeliveryOptions | undefined {
  return (type as { readonly delivery?: DeliveryOptions } | undefined)?.delivery;
}

/** An option that is given as undefined keeps its default. */
function given<Options extends object>(options: Options): { [Option in keyof Options]: NonNullable<Options[Option]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Option in keyof Options]: NonNullable<Options[Option]>;
  };
}

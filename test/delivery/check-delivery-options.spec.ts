import { deliveryErrors } from '../../src/delivery/check-delivery-options';
import { DELIVERY_DEFAULTS } from '../../src/delivery/resolve-options';

const linesOf = (options: unknown): string[] =>
  deliveryErrors('delivery', options).map(({ path, what }) => `${path}: ${what}`);

describe('deliveryErrors', () => {
  it('accepts the defaults, options that are left out, and limits that are switched off', () => {
    expect(linesOf(undefined)).toEqual([]);
    expect(linesOf({})).toEqual([]);
    expect(linesOf(DELIVERY_DEFAULTS)).toEqual([]);
    expect(linesOf({ maxBytes: Infinity, concurrency: 1.5, retry: { attempts: Infinity, minDelayMs: 0 } })).toEqual([]);
    expect(linesOf({ batch: { maxWaitMs: 0 }, whenFull: 'drop-oldest', directory: '/var/lib/x' })).toEqual([]);
  });

  it.each<[unknown, string]>([
    [5, 'delivery: it is 5; expected an object of options.'],
    [{ durable: 'yes' }, 'delivery.durable: it is "yes"; expected true or false.'],
    [{ fsync: 1 }, 'delivery.fsync: it is 1; expected true or false.'],
    [{ ordered: null }, 'delivery.ordered: it is null; expected true or false.'],
    [{ directory: '' }, 'delivery.directory: it is ""; expected the path of a folder.'],
    [{ maxEvents: 0 }, 'delivery.maxEvents: it is 0; expected a number, at least 1.'],
    [{ maxBytes: '1' }, 'delivery.maxBytes: it is "1"; expected a number, at least 1.'],
    [{ maxDiskBytes: -1 }, 'delivery.maxDiskBytes: it is -1; expected a number, at least 1.'],
    [{ concurrency: 0.5 }, 'delivery.concurrency: it is 0.5; expected a number, at least 1.'],
    [{ timeoutMs: Number.NaN }, 'delivery.timeoutMs: it is NaN; expected a number, at least 1.'],
    [{ whenFull: 'drop-old' }, 'delivery.whenFull: it is "drop-old"; expected "drop-newest" or "drop-oldest".'],
    [{ batch: 100 }, 'delivery.batch: it is 100; expected an object of options.'],
    [{ batch: { maxEvents: 0 } }, 'delivery.batch.maxEvents: it is 0; expected a number, at least 1.'],
    [{ batch: { maxBytes: 0 } }, 'delivery.batch.maxBytes: it is 0; expected a number, at least 1.'],
    [{ batch: { maxWaitMs: -1 } }, 'delivery.batch.maxWaitMs: it is -1; expected a number, at least 0.'],
    [{ retry: { attempts: 0 } }, 'delivery.retry.attempts: it is 0; expected a number, at least 1.'],
    [{ retry: { maxAgeMs: 0 } }, 'delivery.retry.maxAgeMs: it is 0; expected a number, at least 1.'],
    [{ retry: { minDelayMs: -1 } }, 'delivery.retry.minDelayMs: it is -1; expected a number, at least 0.'],
    [{ retry: { maxDelayMs: '5' } }, 'delivery.retry.maxDelayMs: it is "5"; expected a number, at least 0.'],
    [{ retry: { maxRetryAfterMs: -1 } }, 'delivery.retry.maxRetryAfterMs: it is -1; expected a number, at least 0.'],
    [
      { batch: { size: 5 } },
      'delivery.batch.size: unknown option "size"; known options: maxEvents, maxBytes, maxWaitMs.',
    ],
  ])('refuses %j', (options, line) => {
    expect(linesOf(options)).toEqual([line]);
  });
});

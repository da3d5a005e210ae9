import { TrackingConfigException } from '../../src/entries';
import { resolveRelayOptions, type OutboxRelayOptions } from '../../src/outbox/relay-options';

const client = { query: () => Promise.resolve([]) };

function errorsOf(options: unknown): string {
  try {
    resolveRelayOptions(options as OutboxRelayOptions);
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.message;
    throw error;
  }
  return '';
}

describe('the options of OutboxRelay', () => {
  it('have defaults', () => {
    expect(resolveRelayOptions({ client })).toEqual({
      ...{ client, connectionString: undefined, schema: undefined, table: undefined },
      ...{ ensureTable: false, listen: true, pollIntervalMs: undefined },
      ...{ leaseMs: 30_000, batchSize: 200, maxInFlight: 1000 },
    });
    expect(resolveRelayOptions({ client, batchSize: 900 }).maxInFlight).toBe(1800);
  });

  it.each([
    [undefined, /client is missing; expected a client, or a connectionString/],
    [{ client, connectionString: 'postgres://db' }, /client and connectionString are both set/],
    [{ client: {} }, /client/],
    [{ connectionString: '' }, /connectionString/],
    [{ client, table: 'a?' }, /table .*a name of at most 63 bytes/],
    [{ client, schema: '' }, /schema/],
    [{ client, leaseMs: 2999 }, /leaseMs/],
    [{ client, leaseMs: 1.5 }, /leaseMs/],
    [{ client, pollIntervalMs: '5' }, /pollIntervalMs/],
    [{ client, batchSize: 50, maxInFlight: 20 }, /maxInFlight is 20, fewer than the 50 rows/],
    [{ client, listen: 'yes' }, /listen/],
    [{ client, pollInterval: 5 }, /unknown option "pollInterval".*pollIntervalMs/],
  ])('are refused with a fix: %p', (options, expected) => {
    const text = errorsOf(options);
    expect(text).toMatch(expected);
    expect(text).toContain('Fix: ');
  });

  it('never show a connection string', () => {
    expect(errorsOf({ connectionString: 7, table: 'postgres://user:secret@db' })).not.toContain('secret');
  });
});

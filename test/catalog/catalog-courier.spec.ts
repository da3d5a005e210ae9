import type { CatalogKeeper } from '../../src/catalog/catalog-keeper';
import { CatalogCourier } from '../../src/catalog/catalog-courier';
import type { CatalogDocument } from '../../src/catalog/event-document';
import { Notices } from '../../src/common/notices';

const DOCUMENT: CatalogDocument = { events: [], contexts: [] };
const HOUR_MS = 3_600_000;

/** Backend that fails the given number of times before it stores the catalog. */
class Keeper implements CatalogKeeper {
  readonly received: CatalogDocument[] = [];
  failures = 0;
  /** Replaces the result of each call, if it is set. */
  pending: Promise<void> | undefined;

  keepCatalog(catalog: CatalogDocument): void | Promise<void> {
    this.received.push(catalog);
    if (this.pending !== undefined) return this.pending;
    if (this.failures-- > 0) throw new Error('the store is down');
  }
}

describe('CatalogCourier', () => {
  const warnings: string[] = [];
  const notices = new Notices({
    log: () => undefined,
    error: () => undefined,
    warn: (text: string) => warnings.push(text),
  });
  let keeper: Keeper;
  let courier: CatalogCourier;

  beforeEach(() => {
    jest.useFakeTimers();
    warnings.length = 0;
    keeper = new Keeper();
    courier = new CatalogCourier(DOCUMENT, notices);
  });

  afterEach(async () => {
    const closing = courier.close();
    await jest.advanceTimersByTimeAsync(2000);
    await closing;
    jest.useRealTimers();
  });

  it('sends the catalog at once and then every hour', async () => {
    courier.begin(keeper, 'backends.store');
    expect(keeper.received).toEqual([DOCUMENT]);
    await jest.advanceTimersByTimeAsync(HOUR_MS - 1);
    expect(keeper.received).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(keeper.received).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  it('retries after twice the time for each failure, at most five minutes', async () => {
    keeper.failures = 12;
    courier.begin(keeper, 'backends.retried');
    for (const delayMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]) {
      const { length } = keeper.received;
      await jest.advanceTimersByTimeAsync(delayMs - 1);
      expect(keeper.received).toHaveLength(length);
      await jest.advanceTimersByTimeAsync(1);
      expect(keeper.received).toHaveLength(length + 1);
    }
  });

  it('waits an hour again after a retry that succeeded, and begins with one second at the next failure', async () => {
    keeper.failures = 2;
    courier.begin(keeper, 'backends.recovered');
    await jest.advanceTimersByTimeAsync(3000);
    expect(keeper.received).toHaveLength(3);
    keeper.failures = 1;
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(keeper.received).toHaveLength(4);
    await jest.advanceTimersByTimeAsync(1000);
    expect(keeper.received).toHaveLength(5);
  });

  it('logs the first failure of a backend only, with its place and the reason', async () => {
    keeper.failures = 3;
    courier.begin(keeper, 'backends.logged');
    await jest.advanceTimersByTimeAsync(7000);
    expect(keeper.received).toHaveLength(4);
    expect(warnings).toEqual([expect.stringMatching(/^backends\.logged could not store the catalog: .*store is down/)]);
  });

  it('treats a rejection like an error that is thrown', async () => {
    keeper.pending = Promise.reject(new Error('rejected'));
    courier.begin(keeper, 'backends.rejecting');
    await jest.advanceTimersByTimeAsync(1000);
    expect(keeper.received).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining('rejected')]);
  });

  it('retries when a backend has not answered for two minutes', async () => {
    keeper.pending = new Promise(() => undefined);
    courier.begin(keeper, 'backends.silent');
    await jest.advanceTimersByTimeAsync(120_000);
    expect(warnings).toEqual([
      expect.stringMatching(/^backends\.silent could not store .*no answer within 120 seconds/),
    ]);
    keeper.pending = undefined;
    await jest.advanceTimersByTimeAsync(1000);
    expect(keeper.received).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect([keeper.received.length, warnings.length]).toEqual([3, 1]);
  });

  it('sends to each backend on its own', async () => {
    const other = new Keeper();
    other.failures = 1;
    courier.begin(keeper, 'backends.one');
    courier.begin(other, 'backends.other');
    await jest.advanceTimersByTimeAsync(1000);
    expect([keeper.received.length, other.received.length]).toEqual([1, 2]);
  });

  it('sends nothing after it was closed', async () => {
    keeper.failures = 1;
    courier.begin(keeper, 'backends.closed');
    await jest.advanceTimersByTimeAsync(0);
    await courier.close();
    await jest.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(keeper.received).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits for a delivery that is under way when it closes, and plans no other', async () => {
    let stored: () => void = () => undefined;
    keeper.pending = new Promise((resolve) => (stored = resolve));
    courier.begin(keeper, 'backends.slow');
    let isClosed = false;
    const closing = courier.close().then(() => (isClosed = true));
    await jest.advanceTimersByTimeAsync(1000);
    expect(isClosed).toBe(false);
    stored();
    await closing;
    await jest.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(keeper.received).toHaveLength(1);
  });

  it('waits at most two seconds when it closes', async () => {
    keeper.pending = new Promise(() => undefined);
    courier.begin(keeper, 'backends.hanging');
    let isClosed = false;
    void courier.close().then(() => (isClosed = true));
    await jest.advanceTimersByTimeAsync(1999);
    expect(isClosed).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(isClosed).toBe(true);
    await jest.advanceTimersByTimeAsync(HOUR_MS);
    expect(warnings).toEqual([]);
  });
});

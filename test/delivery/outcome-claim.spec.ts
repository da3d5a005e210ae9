import type { Outcome, OutcomeClaim } from '../../src/delivery/outcome-claim';
import { MemoryStore } from '../../src/store/memory-store';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, envelopeOf } from './bare-delivery';

afterEach(closeBareDeliveries);

/** A claim, and the outcomes that it was told. */
function claimOf(isRetained: boolean): OutcomeClaim & { readonly told: Outcome[] } {
  const told: Outcome[] = [];
  return { isRetained, told, onOutcome: (outcome) => told.push(outcome) };
}

const quick = { batch: { maxWaitMs: 1 } };
const slow = { batch: { maxEvents: 100, maxWaitMs: 60_000 } };
const open = (): MemoryStore => MemoryStore.open({ maxBytes: 1e6 });

describe('OutcomeClaim', () => {
  it('is told once that an event was delivered, which is sent without waiting for a full batch', async () => {
    const { delivery } = bareDelivery(slow);
    const claim = claimOf(false);
    expect(delivery.accept(envelopeOf('a'), claim)).toBeUndefined();
    expect(claim.told).toEqual([]);
    await eventually(() => expect(claim.told).toEqual(['delivered']));
    await delivery.drain(100);
    expect(claim.told).toEqual(['delivered']);
  });

  it('is told inside accept that an event is stored, once the file is in place', () => {
    const store = open();
    const { delivery } = bareDelivery({ ...quick, durable: true }, store);
    const claims = [claimOf(false), claimOf(true)];
    for (const claim of claims) delivery.accept(envelopeOf('a'), claim);
    expect(claims.map(({ told }) => told)).toEqual([['stored'], ['stored']]);
    jest.spyOn(store, 'flush').mockImplementation(() => {
      throw StoreWriteException.create({ path: 'disk', cause: new Error('removed') });
    });
    const unsure = claimOf(true);
    expect(delivery.accept(envelopeOf('b'), unsure)).toBeUndefined();
    expect(unsure.told).toEqual(['pending']);
    jest.restoreAllMocks();
  });

  it('is not told anything of an event that was refused', async () => {
    const { delivery } = bareDelivery({ ...slow, maxEvents: 1 });
    const claim = claimOf(false);
    delivery.accept(envelopeOf('a'));
    expect(delivery.accept(envelopeOf('b'), claim)).toBe('queue-full');
    await delivery.drain(100);
    expect(delivery.accept(envelopeOf('c'), claim)).toBe('closed');
    expect(claim.told).toEqual([]);
  });

  it('of a caller that retains the event lets it in beyond the limits, at the cost of no other', async () => {
    const { delivery, counts } = bareDelivery({ ...slow, maxEvents: 1, whenFull: 'drop-oldest' });
    const first = claimOf(false);
    delivery.accept(envelopeOf('a'), first);
    expect(delivery.accept(envelopeOf('b'), claimOf(true))).toBeUndefined();
    await eventually(() => expect(counts()).toMatchObject({ accepted: 2, delivered: 2, dropped: {} }));
    expect(first.told).toEqual(['delivered']);
  });

  it('is told that an event was dropped in favor of a newer one', () => {
    const { delivery } = bareDelivery({ ...slow, maxEvents: 1, whenFull: 'drop-oldest' });
    const claim = claimOf(false);
    delivery.accept(envelopeOf('a'), claim);
    delivery.accept(envelopeOf('b'));
    expect(claim.told).toEqual(['dropped']);
  });

  it('is told that an event became a dead letter', async () => {
    const { delivery, gate } = bareDelivery(quick);
    gate.behave = () => Promise.resolve([{ index: 0, reason: 'no', retryable: false }]);
    const claim = claimOf(false);
    delivery.accept(envelopeOf('a'), claim);
    await eventually(() => expect(claim.told).toEqual(['dead-lettered']));
  });

  it('is told at the end that an event is returned to a caller that retains it, and dropped for others', () => {
    const { delivery, counts } = bareDelivery(slow);
    const [retained, other] = [claimOf(true), claimOf(false)];
    delivery.accept(envelopeOf('a'), retained);
    delivery.accept(envelopeOf('b'), other);
    delivery.accept(envelopeOf('c'));
    delivery.flushSync();
    expect([retained.told, other.told]).toEqual([['returned'], ['dropped']]);
    expect(counts().dropped).toEqual({ returned: 1, shutdown: 2 });
  });

  it('is told at the end that an event is stored which a disk has', () => {
    const { delivery } = bareDelivery(slow, open());
    const claim = claimOf(true);
    delivery.accept(envelopeOf('a'), claim);
    delivery.flushSync();
    expect(claim.told).toEqual(['stored']);
  });
});

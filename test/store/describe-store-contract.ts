import fc from 'fast-check';
import { RecordTooLargeException } from '../../src/store/record-too-large.exception';
import { MAX_PAYLOAD_BYTES, type RecordStore, type StoredRecord } from '../../src/store/record-store';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { steps } from './store-model';

export interface StoreSubject {
  readonly open: (maxBytes: number) => RecordStore;
  /** Closes a store and opens what it left; undefined for a store that leaves nothing. */
  readonly reopen?: (store: RecordStore, maxBytes: number) => RecordStore;
  /**
   * Compares what a store says of itself with what is there; nothing is gathered if `isFlushed`.
   */
  readonly check?: (store: RecordStore, isFlushed: boolean) => void;
}

const ROOMY = 1024 * 1024 * 1024;

/** What every record store does. @param make a new, empty place for one store */
export function describeStoreContract(name: string, make: () => StoreSubject): void {
  describe(name, () => {
    let subject: StoreSubject;
    const opened: RecordStore[] = [];

    beforeEach(() => {
      subject = make();
    });
    afterEach(() => {
      for (const store of opened.splice(0)) store.close();
    });

    function open(maxBytes = ROOMY): RecordStore {
      const store = subject.open(maxBytes);
      opened.push(store);
      return store;
    }

    it('gives back what it took, in order, each once, byte for byte', () => {
      const store = open();
      const texts = ['', 'a', 'grüß dich 🌍', '\ud800 alone', '\u0000', 'x'.repeat(200_000), 'é'.repeat(70_000)];
      for (const [at, text] of texts.entries()) store.append(text, at % 2 === 0);
      const bytes = Buffer.from([0, 255, 128, 7]);
      store.append(bytes, false);
      bytes.fill(1); // the caller may use his buffer again

      const expected = [...texts.map((text) => Buffer.from(text)), Buffer.from([0, 255, 128, 7])];
      expect(payloads(store.lease(100, ROOMY)).map((payload) => payload.toString('latin1'))).toEqual(
        expected.map((payload) => payload.toString('latin1')),
      );
      expect(store.lease(100, ROOMY)).toEqual([]);
      expect(store.count).toBe(texts.length + 1);
    });

    it('leases as many as fit into the bytes, but the first whatever its size', () => {
      const store = open();
      for (const size of [10, 10, 10, 50, 1]) store.append('x'.repeat(size), false);

      expect(store.lease(9, 29)).toHaveLength(2);
      expect(store.lease(1, 1000)).toHaveLength(1);
      expect(store.lease(9, 0).map(({ payload }) => payload.length)).toEqual([50]);
      expect(store.lease(0, 1000)).toEqual([]);
    });

    it('leases what was released before what comes later, in order of append', () => {
      const store = open();
      for (let at = 0; at < 10; at++) store.append(String(at), false);
      const [first, second, third, fourth] = store.lease(4, ROOMY);
      store.release([fourth!.ref, second!.ref]);
      store.settle([first!.ref]);

      expect(texts(store.lease(4, ROOMY))).toEqual(['1', '3', '4', '5']);
      store.release([third!.ref]);
      expect(texts(store.lease(4, ROOMY))).toEqual(['2', '6', '7', '8']);
    });

    it('leaves records alone that were not leased when they are released, and that are gone when they are settled', () => {
      const store = open();
      const ref = store.append('a', true)!;
      store.release([ref]);
      expect(store.count).toBe(1);

      store.settle([ref, ref]);
      store.settle([ref]);
      store.release([ref]);
      store.settle([{ segment: 77, index: 0 }]);
      store.settle([{ segment: ref.segment, index: 5 }]);
      expect(store.count).toBe(0);
      expect(store.lease(1, 1)).toEqual([]);
    });

    it('settles what was never leased', () => {
      const store = open();
      const refs = ['a', 'b', 'c'].map((text) => store.append(text, false)!);
      store.settle([refs[1]!]);
      expect(texts(store.lease(9, ROOMY))).toEqual(['a', 'c']);
    });

    it('has no room beyond its bound, and has it again when records are settled', () => {
      const store = open(20_000);
      const refs = [];
      for (
        let ref = store.append('x'.repeat(500), true);
        ref !== undefined;
        ref = store.append('x'.repeat(500), true)
      ) {
        refs.push(ref);
      }
      expect(refs.length).toBeGreaterThan(30);
      expect(store.bytes).toBeLessThanOrEqual(20_000);
      expect(store.count).toBe(refs.length);

      store.settle(refs);
      expect(store.bytes).toBeLessThanOrEqual(20_000);
      expect(store.append('x'.repeat(500), true)).toBeDefined();
      expect(store.append('x'.repeat(20_000), true)).toBeUndefined();
    });

    it('keeps the order through thousands of records, some of them released, while new ones arrive', () => {
      const store = open();
      let appended = 0;
      const settled: number[] = [];
      for (let round = 0; round < 2000; round++) {
        for (let burst = 0; burst < 12 && appended < 6000; burst++) store.append(String(appended++), round % 2 === 0);
        const leased = store.lease(10, ROOMY);
        const done = leased.slice(0, round % 3 === 0 ? 7 : 10);
        settled.push(...texts(done).map(Number));
        store.settle(done.map(({ ref }) => ref));
        store.release(leased.slice(done.length).map(({ ref }) => ref));
      }
      expect(settled).toEqual(Array.from({ length: 6000 }, (_none, at) => at));
    });

    it('makes the room for a record that it is asked for, by the oldest that are not leased', () => {
      const store = open(100_000);
      let appended = 0;
      while (store.append(String(appended).padStart(500, '0'), false) !== undefined) appended++;
      const held = store.lease(3, ROOMY);

      const dropped = store.dropOldest(500);
      expect(dropped).toBeGreaterThan(0);
      expect(dropped).toBeLessThan(appended / 4);
      expect(store.count).toBe(appended - dropped);
      expect(store.append('new'.padStart(500), true)).toBeDefined();

      expect(Number(texts(store.lease(1, ROOMY))[0])).toBe(3 + dropped);
      store.release(held.map(({ ref }) => ref));
      expect(texts(store.lease(3, ROOMY)).map(Number)).toEqual([0, 1, 2]);
    });

    it('drops nothing when no room is asked for, and all that is not leased when more is asked for than there is', () => {
      const store = open();
      for (let at = 0; at < 10; at++) store.append(String(at), at === 5);
      store.lease(2, ROOMY);
      expect(store.dropOldest(0)).toBe(0);
      expect(store.dropOldest(1e9)).toBe(8);
      expect(store.count).toBe(2);
    });

    it('takes older records before all that are here, leased, and gives them back first when they are released', () => {
      const store = open();
      for (const text of ['c', 'd']) store.append(text, true);
      const second = store.prepend(['b1', 'b2']);
      const first = store.prepend(['a']);
      expect(store.count).toBe(5);
      expect(texts(store.lease(9, ROOMY))).toEqual(['c', 'd']);

      store.release([...second, ...first]);
      expect(texts(store.lease(9, ROOMY))).toEqual(['a', 'b1', 'b2']);
      store.settle([...second, ...first]);
      expect(store.count).toBe(2);
    });

    it('uses no ref of a settled record for another one', () => {
      const store = open();
      const settled = ['a', 'b'].map((text) => store.append(text, true)!);
      store.append('c', true);
      store.settle(settled);
      const prepended = store.prepend(['x', 'y']);
      store.settle(settled);
      store.release(settled);
      expect(store.count).toBe(3);
      store.settle(prepended);
      const again = store.prepend(['z']);
      store.settle(prepended);
      store.release(prepended);
      expect(store.count).toBe(2);
      store.release(again);
      expect(texts(store.lease(9, ROOMY))).toEqual(['z', 'c']);
    });

    it('takes no more older records than there is room for, from the first on', () => {
      const store = open(20_000);
      store.append('x'.repeat(10_000), true);
      const refs = store.prepend(Array.from({ length: 100 }, (_none, at) => String(at).padStart(500)));
      expect(refs.length).toBeGreaterThan(5);
      expect(refs.length).toBeLessThan(20);
      expect(store.bytes).toBeLessThanOrEqual(20_000);
      store.release(refs);
      expect(texts(store.lease(9, 1000)).map(Number)).toEqual([0, 1]);
      expect(store.prepend([])).toEqual([]);
    });

    it('refuses a record of more than 64 MiB, and goes on', () => {
      const store = open();
      store.append('before', false);
      const large = Buffer.alloc(MAX_PAYLOAD_BYTES + 1);
      expect(() => store.append(large, true)).toThrow(RecordTooLargeException);
      expect(() => store.prepend(['fits', large.toString('latin1')])).toThrow(RecordTooLargeException);
      expect(store.count).toBe(1);
      store.append(large.subarray(1), false);
      store.append('after', false);

      expect(store.lease(3, ROOMY).map(({ payload }) => payload.length)).toEqual([6, MAX_PAYLOAD_BYTES, 5]);
    });

    it('takes nothing and gives nothing once it is closed', () => {
      const store = open();
      const ref = store.append('a', true)!;
      store.close();
      store.close();
      expect(() => store.append('b', true)).toThrow(StoreWriteException);
      expect(() => store.prepend(['b'])).toThrow(StoreWriteException);
      expect(store.check()).toBe(false);
      expect(store.lease(1, 1)).toEqual([]);
      expect(() => {
        store.settle([ref]);
        store.release([ref]);
      }).not.toThrow();
      expect(store.dropOldest(1)).toBe(0);
    });

    // The bound is small enough to be met often, and large enough for some segments.
    it.each([ROOMY, 24_000])(
      'agrees with a plain list, whatever is done to it (maxBytes %i)',
      (maxBytes) => {
        fc.assert(
          fc.property(steps, (commands) => {
            const { open: openStore, reopen, check } = make();
            const real = {
              store: openStore(maxBytes),
              refs: new Map(),
              reopen: reopen && ((store: RecordStore) => reopen(store, maxBytes)),
              check: (store: RecordStore, isFlushed: boolean) => {
                expect(store.bytes).toBeLessThanOrEqual(maxBytes);
                check?.(store, isFlushed);
              },
            };
            try {
              fc.modelRun(() => ({ model: { records: [], appended: 0 }, real }), commands);
            } finally {
              real.store.close();
            }
          }),
          { numRuns: 25 },
        );
      },
      60_000,
    );
  });
}

export function payloads(records: readonly StoredRecord[]): Buffer[] {
  return records.map(({ payload }) => payload);
}

export function texts(records: readonly StoredRecord[]): string[] {
  return records.map(({ payload }) => payload.toString());
}

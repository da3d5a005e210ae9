import { readdirSync } from 'node:fs';
import { SEGMENT_HEADER_BYTES } from '../../src/store/record-format';
import { SegmentStore } from '../../src/store/segment-store';
import { describeStoreContract, texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';

describe.each([
  { fsync: false, segmentBytes: 4096, chunkBytes: 512 },
  { fsync: false, segmentBytes: 4096, chunkBytes: 8192 },
])('with %j', (options) => {
  describeStoreContract('SegmentStore', () => {
    const folder = scratchFolder();
    const open = (maxBytes: number) => SegmentStore.open(folder, { ...options, maxBytes });
    return {
      open,
      reopen: (store, maxBytes) => {
        store.close();
        return open(maxBytes);
      },
      check: (store, isFlushed) => {
        if (isFlushed) expect(store.bytes).toBe(bytesIn(folder));
        else expect(store.bytes).toBeGreaterThanOrEqual(bytesIn(folder));
      },
    };
  });
});
describe('SegmentStore', () => {
  it('gives the disk back segment by segment, and leaves nothing when all is settled', () => {
    const folder = scratchFolder();
    const store = SegmentStore.open(folder, { maxBytes: 1e9, fsync: false, segmentBytes: 4096 });
    for (let at = 0; at < 40; at++) store.append('x'.repeat(1000), false);
    store.flush();
    let before = bytesIn(folder);
    for (let round = 0; round < 9; round++) {
      store.settle(store.lease(4, 1e9).map(({ ref }) => ref));
      expect(bytesIn(folder)).toBeLessThan(before - 3000);
      before = bytesIn(folder);
    }
    store.settle(store.lease(4, 1e9).map(({ ref }) => ref));
    expect(store.append('x'.repeat(3500), true)).toBeDefined(); // the one that was written is behind it
    store.settle(store.lease(1, 1).map(({ ref }) => ref));
    store.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not pass its bound by the marks of what is settled', () => {
    const folder = scratchFolder();
    const store = SegmentStore.open(folder, { maxBytes: 50_000, fsync: false, segmentBytes: 4096 });
    const refs = [];
    for (let ref = store.append('x', false); ref !== undefined; ref = store.append('x', false)) refs.push(ref);
    store.flush();
    // One record of each segment stays, so that no file goes.
    const firsts = new Set<number>();
    const settled = refs.filter(({ segment }) => firsts.size === firsts.add(segment).size);
    store.settle(settled);
    expect(settled.length).toBeGreaterThan(1000);
    expect(store.bytes).toBe(bytesIn(folder));
    expect(store.bytes).toBeLessThanOrEqual(50_000);
    store.close();
  });

  it('gives back what stands behind leased records when it is dropped, without a mark for each', () => {
    const folder = scratchFolder();
    const store = SegmentStore.open(folder, { maxBytes: 1e9, fsync: false });
    for (let at = 0; at < 100; at++) store.append(String(at).padStart(1000), false);
    const leased = store.lease(2, 1e9);
    expect(store.dropOldest(50_000)).toBe(98);
    expect(bytesIn(folder)).toBe(SEGMENT_HEADER_BYTES + 2 * 1008);
    expect(readdirSync(folder)).toEqual(['10000000.v2.seg']);
    store.append('new', true);
    store.release(leased.map(({ ref }) => ref));
    store.close();

    const again = SegmentStore.open(folder, { maxBytes: 1e9, fsync: false });
    expect(texts(again.lease(9, 1e9)).map((text) => text.trim())).toEqual(['0', '1', 'new']);
    again.close();
  });

  it('never gives a name again, whatever was dropped', () => {
    const store = SegmentStore.open(scratchFolder(), { maxBytes: 1e9, fsync: false });
    const seen = new Set<string>();
    for (let round = 0; round < 20; round++) {
      for (let at = 0; at < 5; at++) {
        const { segment, index } = store.append('x', at % 2 === 0)!;
        const name = `${String(segment)}.${String(index)}`;
        expect(seen.has(name)).toBe(false);
        seen.add(name);
      }
      store.lease(1, 1);
      store.dropOldest(1);
    }
    store.close();
  });

  it('has segments small enough for its bound, so that little is lost where the oldest is dropped', () => {
    const folder = scratchFolder();
    const store = SegmentStore.open(folder, { maxBytes: 1_600_000, fsync: false });
    while (store.append('x'.repeat(1000), false) !== undefined);
    expect(readdirSync(folder).length).toBeGreaterThanOrEqual(15);
    store.close();
  });
});

describeStoreContract('SegmentStore with its defaults', () => {
  const folder = scratchFolder();
  return { open: (maxBytes) => SegmentStore.open(folder, { maxBytes, fsync: false }) };
});

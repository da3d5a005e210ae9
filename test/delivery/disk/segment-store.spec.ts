import { SegmentStore } from '../../../src/delivery/disk/segment-store';
import { describeStoreContract } from './describe-store-contract';
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
describeStoreContract('SegmentStore with its defaults', () => {
  const folder = scratchFolder();
  return { open: (maxBytes) => SegmentStore.open(folder, { maxBytes, fsync: false }) };
});

// Appends records 0, 1, 2, … to the store in argv[2] and prints each number once the process may
// rely on it. Ends when it is killed.
import { writeSync } from 'node:fs';
import { SegmentStore } from '../../src/store/segment-store';

const [, , folder = '', mode = 'flush', first = '0'] = process.argv;
const store = SegmentStore.open(folder, {
  maxBytes: 1e9,
  fsync: mode === 'fsync',
  segmentBytes: 16_384,
  chunkBytes: 4096,
});
for (let at = Number(first); ; at++) {
  const text = `${String(at)}:${'x'.repeat((at * 37) % 500)}`;
  if (store.append(text, mode !== 'gathered' || at % 10 === 9) === undefined) throw new Error('no room');
  // Some are settled on the way, and it is said before: what was said may be gone, what was not
  // said must not be.
  if (at % 50 === 49) {
    const leased = store.lease(10, 1e6);
    writeSync(1, JSON.stringify({ settling: leased.map(({ payload }) => parseInt(payload.toString())) }) + '\n');
    store.settle(leased.map(({ ref }) => ref));
  }
  if (mode !== 'gathered' || at % 10 === 9) writeSync(1, JSON.stringify({ appended: at }) + '\n');
}

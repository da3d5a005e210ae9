// Appends to the store in argv[2] until the system refuses, then does what the lines on its
// standard input say.
import { createInterface } from 'node:readline';
import { SegmentStore } from '../../src/store/segment-store';
import type { StoreWriteException } from '../../src/store/store-write.exception';

const [, , folder = '', segmentBytes = ''] = process.argv;
const store = SegmentStore.open(folder, {
  maxBytes: 1e9,
  fsync: false,
  segmentBytes: Number(segmentBytes),
  chunkBytes: 4096,
});
let taken = 0;

function say(what: unknown): void {
  process.stdout.write(JSON.stringify(what) + '\n');
}

function fill(flush: boolean): void {
  try {
    for (;;) {
      if (store.append(`${String(taken)}:${'x'.repeat(700)}`, flush) === undefined) throw new Error('no room');
      taken++;
    }
  } catch (error) {
    const { name, code, message } = error as StoreWriteException;
    say({ name, code, message, taken, count: store.count });
  }
}

async function obey(): Promise<void> {
  for await (const line of createInterface(process.stdin)) {
    const [verb, argument = ''] = line.split(' ');
    if (verb === 'fill') fill(argument === 'flush');
    if (verb === 'settle') {
      const leased = store.lease(Number(argument), 1e9);
      store.settle(leased.map(({ ref }) => ref));
      say(leased.map(({ payload }) => parseInt(payload.toString())));
    }
    if (verb === 'drop') say(store.dropOldest(Number(argument)));
    if (verb === 'close') {
      store.close();
      say('closed');
    }
  }
}
void obey();

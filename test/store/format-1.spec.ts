/**
 * A folder that the version before this one left, byte for byte: `format-1`. Its events must
 * arrive.
 */
import fc from 'fast-check';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentStore } from '../../src/store/segment-store';
import { readRecord } from '../../src/event/event-record';
import { texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';

const HOME = join(__dirname, 'format-1/tracking-c8043e16d24a471588f6810c/gate');
/** Of `frozen.0` to `frozen.59`: 0 to 4 were delivered, 5 and 6 are dead letters. */
const WAITING = Array.from({ length: 53 }, (_none, at) => `frozen.${String(at + 7)}`);

function frozen(part: 'queue' | 'dead'): string {
  const folder = scratchFolder();
  cpSync(join(HOME, part), folder, { recursive: true });
  return folder;
}

function open(folder: string): SegmentStore {
  return SegmentStore.open(folder, { maxBytes: 1e9, fsync: false });
}

function names(records: readonly string[]): string[] {
  return records.map((record) => readRecord(record).event.name);
}

describe('SegmentStore, on files of format 1,', () => {
  it('gives all that was not settled, in order, with its dates', () => {
    const store = open(frozen('queue'));
    const records = texts(store.lease(1000, 1e9));
    expect(names(records)).toEqual(WAITING);
    expect(store.damage).toEqual({ records: 0, bytes: 0, removed: 0, files: [] });
    const { event, facts } = readRecord(records[0]!);
    expect(event.data).toEqual({ n: 7, at: new Date(1_700_000_000_007), filler: 'x'.repeat(21) });
    expect(facts.acceptedAt).toBe(event.timestamp.getTime());
    store.close();

    const dead = open(frozen('dead'));
    expect(names(texts(dead.lease(9, 1e9)))).toEqual(['frozen.5', 'frozen.6']);
    dead.close();
  });

  it('settles them, and writes what is new in the format of today, behind them', () => {
    const folder = frozen('queue');
    const store = open(folder);
    store.settle(store.lease(20, 1e9).map(({ ref }) => ref));
    store.append('new', true);
    store.close();
    const again = open(folder);
    const left = texts(again.lease(1000, 1e9));
    expect(names(left.slice(0, -1))).toEqual(WAITING.slice(20));
    expect(left.at(-1)).toBe('new');
    expect(again.bytes).toBe(bytesIn(folder));
    again.close();
    expect(readdirSync(folder).filter((name) => name.includes('.v2.'))).toEqual(['10000000.v2.seg']);
  });

  it('loses nothing to a flipped bit but the record that it hit', () => {
    fc.assert(
      fc.property(fc.constantFrom('00000001.seg', '00000002.seg', '00000001.done'), fc.nat(8000), (name, byte) => {
        const folder = frozen('queue');
        const bytes = readFileSync(join(folder, name));
        bytes[byte % bytes.length]! ^= 1 << (byte % 8);
        writeFileSync(join(folder, name), bytes);
        for (const isFirst of [true, false]) {
          const store = open(folder);
          const found = new Set(names(texts(store.lease(1000, 1e9))));
          expect(WAITING.filter((waiting) => !found.has(waiting)).length).toBeLessThanOrEqual(1);
          if (!isFirst) expect(store.damage.files).toEqual([]);
          store.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});

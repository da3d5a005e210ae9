import fc from 'fast-check';
import type * as fs from 'node:fs';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SEGMENT_HEADER_BYTES } from '../../src/store/record-format';
import { SegmentStore } from '../../src/store/segment-store';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { texts } from './describe-store-contract';
import { scratchFolder } from './scratch-folder';
import { CLEAN, DONE, OPTIONS, SEGMENT, TEXTS, readAll, write } from './damage-parts';

const DAMAGED = '10000000.damaged';

describe('SegmentStore, on damaged files,', () => {
  it('cuts off a torn last record, torn at any byte, counts it once, and continues', () => {
    const whole = scratchFolder();
    write(whole);
    const bytes = readFileSync(join(whole, SEGMENT));
    const lastAt = bytes.length - 8 - TEXTS.at(-1)!.length;
    for (let length = lastAt + 1; length < bytes.length; length++) {
      const folder = scratchFolder();
      writeFileSync(join(folder, SEGMENT), bytes.subarray(0, length));

      const torn = { ...CLEAN, records: 1, bytes: length - lastAt, files: [SEGMENT] };
      expect(readAll(folder)).toEqual({ found: TEXTS.slice(0, -1), damage: torn });
      expect(readFileSync(join(folder, DAMAGED))).toEqual(bytes.subarray(lastAt, length));
      const again = SegmentStore.open(folder, OPTIONS);
      expect(again.damage).toEqual(CLEAN);
      again.append('new', true);
      expect(texts(again.lease(100, 1e9))).toEqual([...TEXTS.slice(0, -1), 'new']);
      again.close();
    }
  });

  it('keeps every record except the one with a flipped bit, wherever it is, and counts it once', () => {
    const whole = scratchFolder();
    write(whole, [1]);
    const bytes = readFileSync(join(whole, SEGMENT));
    for (let at = SEGMENT_HEADER_BYTES; at < bytes.length; at++) {
      const folder = scratchFolder();
      copyFileSync(join(whole, DONE), join(folder, DONE));
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(join(folder, SEGMENT), flipped);

      const hit = hitBy(at);
      const left = TEXTS.filter((_text, index) => index !== 1 && index !== hit);
      expect(readAll(folder)).toEqual({
        found: left,
        damage: { ...CLEAN, records: 1, bytes: TEXTS[hit]!.length + 8, files: [SEGMENT] },
      });
      expect(readAll(folder)).toEqual({ found: left, damage: CLEAN });
    }
  });

  it('treats a segment that was torn within its header as empty', () => {
    const whole = scratchFolder();
    write(whole);
    const bytes = readFileSync(join(whole, SEGMENT));
    for (let length = 1; length < SEGMENT_HEADER_BYTES; length++) {
      const folder = scratchFolder();
      writeFileSync(join(folder, SEGMENT), bytes.subarray(0, length));
      expect(readAll(folder)).toEqual({ found: [], damage: { ...CLEAN, bytes: length, files: [SEGMENT] } });
      expect(readdirSync(folder)).toEqual([DAMAGED]);
    }
  });

  it('does not change files of a newer format', () => {
    const folder = scratchFolder();
    write(folder);
    for (const name of ['10000003.v3.seg', '10000003.v3.done', '10000004.v12.seg'])
      writeFileSync(join(folder, name), name);
    expect(readAll(folder, { isMixed: true })).toEqual({ found: TEXTS, damage: CLEAN });
    expect(readFileSync(join(folder, '10000003.v3.done'), 'utf8')).toBe('10000003.v3.done');
    expect(readdirSync(folder)).toHaveLength(4);
  });

  function hitBy(byte: number): number {
    let end = SEGMENT_HEADER_BYTES;
    return TEXTS.findIndex((text) => (end += text.length + 8) > byte);
  }

  it('does not read zeros as records: a file of which only the length survived a crash of the machine', () => {
    const folder = scratchFolder();
    write(folder);
    appendFileSync(join(folder, SEGMENT), Buffer.alloc(5000));
    const damage = { ...CLEAN, records: 1, bytes: 5000, files: [SEGMENT] };
    expect(readAll(folder)).toEqual({ found: TEXTS, damage });
    expect(readAll(folder)).toEqual({ found: TEXTS, damage: CLEAN });
  });

  it('finds the records behind a damaged stretch of any kind', () => {
    const whole = scratchFolder();
    write(whole);
    const bytes = readFileSync(join(whole, SEGMENT));
    fc.assert(
      fc.property(
        fc.nat(TEXTS.length),
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 300 }),
          fc.nat(300).map((length) => new Uint8Array(length + 1)),
        ),
        (at, garbage) => {
          const folder = scratchFolder();
          const start = TEXTS.slice(0, at).reduce((sum, text) => sum + text.length + 8, SEGMENT_HEADER_BYTES);
          writeFileSync(
            join(folder, SEGMENT),
            Buffer.concat([bytes.subarray(0, start), garbage, bytes.subarray(start)]),
          );
          const damage = { ...CLEAN, records: 1, bytes: garbage.length, files: [SEGMENT] };
          expect(readAll(folder)).toEqual({ found: TEXTS, damage });
          expect(readAll(folder)).toEqual({ found: TEXTS, damage: CLEAN });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reads a file of garbage in bounded time, sets it aside and is empty', () => {
    const folder = scratchFolder();
    // Every fourth place looks like the header of a record of 1 MiB that fits: checking each would
    // take minutes.
    writeFileSync(join(folder, SEGMENT), Buffer.alloc(4_000_000, Buffer.from([0, 0, 16, 0])));
    expect(readAll(folder)).toMatchObject({ found: [], damage: { bytes: 4_000_000, files: [SEGMENT] } });
    expect(readdirSync(folder)).toEqual([DAMAGED]);
  });

  it('removes its own empty files and leaves other files alone', () => {
    const folder = scratchFolder();
    write(folder, [0]);
    for (const name of ['00000002.seg', '00000002.done', '00000003.v2.done', '00000003.v2.seg', '00000004.new'])
      writeFileSync(join(folder, name), '');
    const foreign = ['.DS_Store', '00000005.seg.bak', '1.seg', 'notes.txt', '00000005.v1.seg', '00000005.v0.seg'];
    for (const name of foreign) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, '00000006.seg'));

    expect(readAll(folder)).toEqual({ found: TEXTS.slice(1), damage: CLEAN });
    expect(readdirSync(folder).sort()).toEqual([DONE, SEGMENT, '00000006.seg', ...foreign].sort());
  });

  it('counts a record that became unreadable after open, and gives the others', () => {
    const folder = scratchFolder();
    write(folder);
    const store = SegmentStore.open(folder, OPTIONS);
    const bytes = readFileSync(join(folder, SEGMENT));
    bytes[SEGMENT_HEADER_BYTES + 8]! ^= 1;
    writeFileSync(join(folder, SEGMENT), bytes);
    truncateSync(join(folder, SEGMENT), bytes.length - 1);

    expect(texts(store.lease(100, 1e9))).toEqual(TEXTS.slice(1, -1));
    expect(store.count).toBe(3);
    expect(store.damage).toMatchObject({ records: 2, files: [SEGMENT] });
    store.close();
  });

  describe('on a disk that cannot read one place,', () => {
    const disk: typeof fs = jest.requireActual('node:fs');
    let reads = 0;

    /** From here on a byte of the second record cannot be read. */
    function breakDisk(): void {
      const read = disk.readSync as (fd: number, to: Buffer, offset: number, length: number, at: number) => number;
      const broken: typeof read = (fd, to, offset, length, at) => {
        reads++;
        if (at <= 44 && at + length > 44) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
        return read(fd, to, offset, length, at);
      };
      jest.spyOn(disk, 'readSync').mockImplementation(broken as typeof disk.readSync);
    }

    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('returns all other records if the error occurs after open', () => {
      const store = SegmentStore.open(scratchFolder(), OPTIONS);
      for (const text of TEXTS) store.append(text, true);
      breakDisk();
      expect(texts(store.lease(100, 1e9))).toEqual(TEXTS.filter((_text, at) => at !== 1));
      expect(store.damage.records).toBe(1);
      expect(store.count).toBe(TEXTS.length - 1);
      store.close();
    });

    it('opens without repeated reads of that place, and keeps the file for a later attempt', () => {
      const folder = scratchFolder();
      write(folder);
      breakDisk();
      reads = 0;
      const store = SegmentStore.open(folder, OPTIONS);
      expect(reads).toBeLessThan(10);
      expect(store.damage).toMatchObject({ records: 1, files: [SEGMENT] });
      store.close();
      jest.restoreAllMocks();
      expect(readAll(folder).found).toEqual(TEXTS);
    });
  });

  it('limits the files that it sets aside: the oldest is removed first', () => {
    const folder = scratchFolder();
    for (const [at, size] of [9000, 2000, 2500].entries()) {
      writeFileSync(join(folder, `0000000${String(at + 1)}.damaged`), Buffer.alloc(size));
    }
    const store = SegmentStore.open(folder, { maxBytes: 20_000, fsync: false });
    expect(readdirSync(folder)).toEqual(['00000002.damaged', '00000003.damaged']);
    expect(store.bytes).toBe(4500);
    store.close();
  });

  it('reports the fix if its folder cannot be created', () => {
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    expect(() => SegmentStore.open(join(file, 'below'), OPTIONS)).toThrow(StoreWriteException);
    expect(() => SegmentStore.open(join(file, 'below'), OPTIONS)).toThrow(/Fix: /);
  });

  it('protects its files from other users', () => {
    const folder = join(scratchFolder(), 'made');
    write(folder, [0]);
    expect((statSync(folder).mode & 0o077).toString(8)).toBe('0');
    for (const name of readdirSync(folder)) expect((statSync(join(folder, name)).mode & 0o077).toString(8)).toBe('0');
    expect(existsSync(join(folder, DONE))).toBe(true);
  });
});

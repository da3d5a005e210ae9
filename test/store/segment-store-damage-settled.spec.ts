import fc from 'fast-check';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEGMENT_HEADER_BYTES } from '../../src/store/record-format';
import { SegmentStore } from '../../src/store/segment-store';
import { scratchFolder } from './scratch-folder';
import { CLEAN, DONE, OPTIONS, SEGMENT, TEXTS, readAll, write } from './damage-parts';

describe('SegmentStore, on damaged marks of settled records,', () => {
  it('keeps every record if a bit of the header was flipped, and delivers settled records again', () => {
    const whole = scratchFolder();
    write(whole, [1]);
    const bytes = readFileSync(join(whole, SEGMENT));
    for (let at = 0; at < SEGMENT_HEADER_BYTES; at++) {
      const folder = scratchFolder();
      copyFileSync(join(whole, DONE), join(folder, DONE));
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(join(folder, SEGMENT), flipped);

      const damage = { ...CLEAN, bytes: SEGMENT_HEADER_BYTES, files: [SEGMENT] };
      expect(readAll(folder)).toEqual({ found: TEXTS, damage });
      expect(readAll(folder)).toEqual({ found: TEXTS, damage: CLEAN });
    }
  });

  it('treats no record of a segment as settled when files were swapped or copied', () => {
    const folder = scratchFolder();
    write(folder, [0, 1]);
    const other = '10000001.v2.seg';
    const store = SegmentStore.open(folder, OPTIONS);
    const more = TEXTS.map((text) => `${text}!`);
    for (const text of more) store.append(text, true);
    store.close();
    const [first, second] = [readFileSync(join(folder, SEGMENT)), readFileSync(join(folder, other))];
    writeFileSync(join(folder, SEGMENT), second);
    writeFileSync(join(folder, other), first);

    const { found, damage } = readAll(folder);
    expect(found).toEqual([...more, ...TEXTS]);
    expect(damage).toMatchObject({ records: 0, files: [SEGMENT, DONE, other] });

    // Copied with its own marks, it is the same segment under another name.
    const copy = scratchFolder();
    write(copy, [0, 1]);
    copyFileSync(join(copy, SEGMENT), join(copy, '10000007.v2.seg'));
    copyFileSync(join(copy, DONE), join(copy, '10000007.v2.done'));
    expect(readAll(copy).found).toEqual([...TEXTS.slice(2), ...TEXTS.slice(2)]);
  });

  it('settles no other record by a settled-file with flipped bits', () => {
    const whole = scratchFolder();
    write(whole, [0, 2]);
    const marks = readFileSync(join(whole, DONE));
    expect(marks.length).toBe(16);
    for (let at = 0; at < marks.length; at++) {
      const folder = scratchFolder();
      copyFileSync(join(whole, SEGMENT), join(folder, SEGMENT));
      const flipped = Buffer.from(marks);
      flipped[at]! ^= 1 << (at % 8);
      writeFileSync(join(folder, DONE), flipped);

      const unmarked = at < 8 ? 0 : 2;
      const left = TEXTS.filter((_text, index) => index === unmarked || ![0, 2].includes(index));
      expect(readAll(folder)).toEqual({ found: left, damage: { ...CLEAN, bytes: 8, files: [DONE] } });
      expect(readAll(folder)).toEqual({ found: left, damage: CLEAN });
    }
  });

  it('loses no record through garbage of any length in a settled-file', () => {
    const whole = scratchFolder();
    write(whole);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.nat(40).map((length) => new Uint8Array(length)),
        ),
        (garbage) => {
          const folder = scratchFolder();
          copyFileSync(join(whole, SEGMENT), join(folder, SEGMENT));
          writeFileSync(join(folder, DONE), garbage);
          const { found, damage } = readAll(folder);
          expect(found).toEqual(TEXTS);
          expect(damage.bytes).toBe(garbage.length);

          const store = SegmentStore.open(folder, OPTIONS);
          store.settle(store.lease(2, 1e9).map(({ ref }) => ref));
          store.close();
          expect(readAll(folder)).toEqual({ found: TEXTS.slice(2), damage: CLEAN });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('delivers everything again if the settled-file is gone', () => {
    const folder = scratchFolder();
    write(folder, [0, 1]);
    rmSync(join(folder, DONE));
    expect(readAll(folder)).toEqual({ found: TEXTS, damage: CLEAN });
  });

  it('never lets marks of a removed segment settle records of a later one', () => {
    const folder = scratchFolder();
    write(folder, [0, 1]);
    rmSync(join(folder, SEGMENT));
    expect(readAll(folder).found).toEqual([]);
    write(folder);
    expect(readAll(folder).found).toEqual(TEXTS);

    // And a settled-file beside the wrong segment settles nothing.
    const other = scratchFolder();
    write(other, [0, 1]);
    copyFileSync(join(other, DONE), join(folder, DONE));
    expect(readAll(folder).found).toEqual(TEXTS);
  });
});

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';
import { afterKill, fill, names, numbers, open, text } from './removed-parts';

describe('SegmentStore, when one of its files is gone,', () => {
  it('counts the records that were not leased, and leaves leased records to their holder', () => {
    const folder = scratchFolder();
    const before = open(folder);
    fill(before, 8);
    before.close();
    const store = open(folder);
    const leased = store.lease(3, 1e9);
    const [fourth, ...others] = store.lease(5, 1e9); // now the second file is the one that is open
    store.release([fourth!.ref]);
    for (const name of names(folder, '.seg')) rmSync(join(folder, name));

    expect(store.check()).toBe(true);
    expect([store.count, store.damage.removed]).toEqual([7, 1]);
    const [first, second, third] = leased.map(({ ref }) => ref);
    store.settle([first!]);
    expect(store.release([second!, third!, ...others.map(({ ref }) => ref)])).toEqual([second, third]);
    expect(store.release([second!, third!])).toEqual([]);
    expect(numbers(texts(store.lease(9, 1e9)))).toEqual([4, 5, 6, 7]);
    store.close();
  });

  it('returns the records of the other files, in order, if the file disappears while it is read', () => {
    const folder = scratchFolder();
    const before = open(folder);
    fill(before, 10);
    before.close();
    const store = open(folder);
    rmSync(join(folder, names(folder, '.seg')[1]!));

    expect(numbers(texts(store.lease(99, 1e9)))).toEqual([0, 1, 2, 3, 8, 9]);
    store.close();
  });

  it('writes its marks again, so that settled records are not delivered again', () => {
    const folder = scratchFolder();
    const store = open(folder);
    fill(store, 3);
    store.settle(store.lease(2, 1e9).map(({ ref }) => ref));
    expect(afterKill(folder)).toEqual([2]);
    rmSync(join(folder, names(folder, '.done')[0]!));
    expect(afterKill(folder)).toEqual([0, 1, 2]);

    expect(store.check()).toBe(true);
    expect(afterKill(folder)).toEqual([2]);
    expect(store.bytes).toBe(bytesIn(folder));
    store.close();
  });

  it('reads no records of another file that replaced it', () => {
    const [folder, other] = [scratchFolder(), scratchFolder()];
    for (const [at, place] of [folder, other].entries()) {
      const store = open(place);
      for (let n = 0; n < 4; n++) store.append(text(n + at * 100), true);
      store.close();
    }
    const store = open(folder);
    cpSync(other, folder, { recursive: true, force: true });
    expect(store.lease(99, 1e9)).toEqual([]);
    expect([store.count, store.damage.removed]).toEqual([0, 4]);
    store.close();
  });
});

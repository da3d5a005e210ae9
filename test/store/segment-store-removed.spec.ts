/**
 * Files and folders that disappear under a store that uses them: by `rm`, `mv`, a mount, or a
 * deployment that clears too much.
 */
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { asUser } from './as-user';
import { texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';
import { afterKill, fill, names, numbers, open, text } from './removed-parts';

/** Ways in which the folder of a store goes away. */
const REMOVALS: Readonly<Record<string, (folder: string) => void>> = {
  'is removed': (folder) => rmSync(folder, { recursive: true }),
  'is renamed': (folder) => renameSync(folder, `${folder}.old`),
  'is replaced by an empty folder': (folder) => {
    renameSync(folder, `${folder}.old`);
    mkdirSync(folder);
  },
  'is replaced by a copy': (folder) => {
    renameSync(folder, `${folder}.old`);
    cpSync(`${folder}.old`, folder, { recursive: true });
    appendFileSync(join(folder, names(folder, '.seg').at(-1)!), 'a copy that goes its own way');
  },
  'is replaced by a link to an empty folder': (folder) => {
    rmSync(folder, { recursive: true });
    symlinkSync(scratchFolder(), folder);
  },
};

describe('SegmentStore, when its folder is gone,', () => {
  it.each(Object.keys(REMOVALS))('writes the records of its open file to a new folder, if it %s', (removal) => {
    const folder = join(scratchFolder(), 'queue');
    const store = open(folder);
    fill(store, 3);
    store.append(text(3), false); // gathered
    REMOVALS[removal]!(folder);

    expect(store.check()).toBe(true);
    expect([store.count, store.damage.removed, store.damage.records]).toEqual([4, 0, 0]);
    expect(afterKill(folder)).toEqual([0, 1, 2, 3]);
    expect(store.check()).toBe(false);
    fill(store, 1);
    expect(numbers(texts(store.lease(9, 1e9)))).toEqual([0, 1, 2, 3, 0]);
    store.close();
  });

  it('counts the records of files that it did not hold open once, and loses no later record', () => {
    const folder = join(scratchFolder(), 'queue');
    const store = open(folder);
    fill(store, 10); // two full segments, and two records in the one that is written
    rmSync(folder, { recursive: true });

    expect(store.check()).toBe(true);
    expect([store.count, store.damage.removed]).toEqual([2, 8]);
    expect(store.check()).toBe(false);
    store.append(text(10), true);
    expect(afterKill(folder)).toEqual([8, 9, 10]);
    expect(numbers(texts(store.lease(99, 1e9)))).toEqual([8, 9, 10]);
    expect(store.bytes).toBe(bytesIn(folder));
    store.close();
  });

  it('never creates a folder that it does not own, and continues when it exists again', () => {
    const root = join(scratchFolder(), 'home');
    const folder = join(root, 'lrs', 'queue');
    mkdirSync(root);
    const store = open(folder, root);
    fill(store, 2);
    rmSync(root, { recursive: true });

    expect(() => store.check()).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => store.append(text(9), true)).toThrow(StoreWriteException);
    expect(existsSync(root)).toBe(false);
    const leased = store.lease(1, 1e9); // what is held open can still be read
    expect(numbers(texts(leased))).toEqual([0]);
    store.release(leased.map(({ ref }) => ref));

    mkdirSync(root);
    expect(store.check()).toBe(true);
    expect(afterKill(folder)).toEqual([0, 1]);
    store.close();
  });

  it('counts at close the records that could not be written anywhere', () => {
    const root = join(scratchFolder(), 'home');
    mkdirSync(root);
    const store = open(join(root, 'queue'), root);
    fill(store, 2);
    rmSync(root, { recursive: true });
    expect(() => store.check()).toThrow(StoreWriteException);
    expect(() => store.close()).toThrow(expect.objectContaining({ records: 2 }));
  });

  it('continues in another folder, with the remaining files of the previous one', () => {
    const [before, after] = [join(scratchFolder(), 'queue'), join(scratchFolder(), 'queue')];
    const store = open(before);
    fill(store, 10);
    const leased = store.lease(5, 1e9);
    store.settle(leased.slice(0, 4).map(({ ref }) => ref));
    rmSync(join(before, names(before, '.seg')[0]!));

    store.moveTo(after);
    expect(readdirSync(before)).toEqual([]);
    store.release(leased.map(({ ref }) => ref));
    fill(store, 1);
    expect(numbers(texts(store.lease(99, 1e9)))).toEqual([...afterKill(after)]);
    expect(store.path).toBe(after);
    store.close();
  });

  it('ensures with each flush that its file is where other processes will look for it', () => {
    const folder = join(scratchFolder(), 'queue');
    const store = open(folder);
    fill(store, 2);
    rmSync(folder, { recursive: true });
    store.append(text(2), true);
    store.flush();
    expect(afterKill(folder)).toEqual([0, 1, 2]);

    store.append(text(3), true);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file in its place');
    expect(() => store.flush()).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => store.append(text(4), true)).toThrow(StoreWriteException);
    rmSync(folder);
    store.flush();
    expect([store.count, store.damage.removed]).toEqual([1, 3]); // the others were in a file that was full
    expect(afterKill(folder)).toEqual([3]);
    store.close();
  });

  it('continues while it is empty, and nothing is lost', () => {
    const folder = join(scratchFolder(), 'queue');
    const store = open(folder);
    rmSync(folder, { recursive: true });
    expect(store.check()).toBe(false);
    fill(store, 2);
    store.settle(store.lease(9, 1e9).map(({ ref }) => ref));
    rmSync(folder, { recursive: true });
    expect(store.check()).toBe(true);
    fill(store, 1);
    expect(afterKill(folder)).toEqual([0]);
    expect(store.damage.removed).toBe(0);
    store.close();
  });

  it('reports that its user may not enter it, and loses nothing', () => {
    const folder = join(scratchFolder(), 'queue');
    const store = open(folder);
    fill(store, 6);
    const before = names(folder, '.seg');
    asUser(dirname(folder), () => {
      chmodSync(folder, 0);
      try {
        expect(() => store.check()).toThrow(expect.objectContaining({ code: 'EACCES' }));
        expect(() => store.lease(9, 1e9)).toThrow(expect.objectContaining({ name: 'StoreReadException' }));
      } finally {
        chmodSync(folder, 0o700);
      }
    });
    expect(names(folder, '.seg')).toEqual(before);
    expect(store.check()).toBe(false);
    expect(numbers(texts(store.lease(9, 1e9)))).toEqual([0, 1, 2, 3, 4, 5]);
    store.close();
  });
});

/**
 * Files and folders that disappear under a store that uses them: by `rm`, `mv`, a mount, or a
 * deployment that clears too much.
 */
import fc from 'fast-check';
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
import { SegmentStore } from '../../src/store/segment-store';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { asUser } from './as-user';
import { texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';

const OPTIONS = { maxBytes: 1e9, fsync: false, segmentBytes: 4096, chunkBytes: 512 };

function open(folder: string, root?: string): SegmentStore {
  return SegmentStore.open(folder, { ...OPTIONS, root });
}

/** Records of 1000 bytes each: four in a segment. */
const text = (at: number): string => String(at).padStart(1000, '.');
const numbers = (records: readonly string[]): number[] => records.map((record) => Number(record.replace(/^\.+/, '')));

function fill(store: SegmentStore, count: number): void {
  for (let at = 0; at < count; at++) store.append(text(at), true);
}

/** What a process finds that starts after a kill -9 at this moment. */
function afterKill(folder: string): number[] {
  const copy = scratchFolder();
  if (existsSync(folder)) for (const name of readdirSync(folder)) cpSync(join(folder, name), join(copy, name));
  const store = open(copy);
  const found = numbers(texts(store.lease(10_000, 1e9)));
  store.close();
  return found;
}

function names(folder: string, kind: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(kind));
}

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
  it.each(Object.keys(REMOVALS))('writes what it holds open to a new one, if it %s', (removal) => {
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

  it('counts what was in files that it did not hold open, once, and loses nothing that comes later', () => {
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

  it('never makes the folder that belongs to others, and goes on when it is there again', () => {
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

  it('counts at close what could not be written anywhere', () => {
    const root = join(scratchFolder(), 'home');
    mkdirSync(root);
    const store = open(join(root, 'queue'), root);
    fill(store, 2);
    rmSync(root, { recursive: true });
    expect(() => store.check()).toThrow(StoreWriteException);
    expect(() => store.close()).toThrow(expect.objectContaining({ records: 2 }));
  });

  it('goes on in another folder, with the files that are still in the one before', () => {
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

  it('makes sure with each flush that the file which it writes is where others will look for it', () => {
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

  it('goes on while it is empty, and nothing is lost', () => {
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

  it('says so while its user may not enter it, and loses nothing', () => {
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

describe('SegmentStore, when one of its files is gone,', () => {
  it('counts what nobody had leased of it, and leaves the others to who leased them', () => {
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

  it('gives the records of the others, in order, if that is met while it is read', () => {
    const folder = scratchFolder();
    const before = open(folder);
    fill(before, 10);
    before.close();
    const store = open(folder);
    rmSync(join(folder, names(folder, '.seg')[1]!));

    expect(numbers(texts(store.lease(99, 1e9)))).toEqual([0, 1, 2, 3, 8, 9]);
    store.close();
  });

  it('writes its marks again, so that what is settled is not delivered again', () => {
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

  it('reads no records of another file that was put in its place', () => {
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

/** Only what is lost already may be refused. */
function flush(store: SegmentStore): void {
  const { removed } = store.damage;
  try {
    store.flush();
  } catch (error) {
    if (store.damage.removed === removed) throw error;
  }
}

type Step =
  | { readonly do: 'append' | 'lease' | 'settle' | 'release' | 'check' | 'flush' | 'prepend'; readonly n: number }
  | { readonly do: 'remove'; readonly what: 'folder' | 'segment' | 'marks' | 'rename'; readonly n: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('append', 'lease', 'settle', 'release', 'check', 'flush', 'prepend'),
      n: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      what: fc.constantFrom('folder', 'segment', 'marks', 'rename'),
      n: fc.nat(9),
    }),
  },
);

describe('SegmentStore, whatever is removed whenever,', () => {
  it('counts every record once, keeps the order, and has on disk what it still has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const folder = join(scratchFolder(), 'queue');
        const store = open(folder);
        let [put, settled, handedBack, last] = [0, 0, 0, -1];
        let leased: ReturnType<SegmentStore['lease']> = [];
        const balanced = (): void => {
          expect(store.count + settled + handedBack + store.damage.removed + store.damage.records).toBe(put);
        };
        for (const { do: what, n, ...more } of steps) {
          if (what === 'append') for (let at = 0; at < n; at++) store.append(text(put++), at % 2 === 0);
          if (what === 'lease') leased.push(...store.lease(n, 1e9));
          if (what === 'settle') {
            const done = leased.splice(0, n);
            store.settle(done.map(({ ref }) => ref));
            settled += done.length;
          }
          if (what === 'release') {
            handedBack += store.release(leased.map(({ ref }) => ref)).length;
            leased = [];
          }
          if (what === 'prepend' && leased.length === 0 && store.count === 0) {
            const payloads = Array.from({ length: n }, () => text(put++));
            const refs = store.prepend(payloads);
            leased.push(...refs.map((ref, at) => ({ ref, payload: Buffer.from(payloads[at]!) })));
          }
          if (what === 'check') store.check();
          if (what === 'flush') flush(store);
          if ('what' in more && existsSync(folder)) {
            const file = names(folder, more.what === 'marks' ? '.done' : '.seg');
            if (more.what === 'folder') rmSync(folder, { recursive: true });
            else if (more.what === 'rename') renameSync(folder, join(scratchFolder(), 'old'));
            else if (file.length > 0) rmSync(join(folder, file[n % file.length]!));
          }
          balanced();
        }
        store.check();
        flush(store);
        balanced();
        handedBack += store.release(leased.map(({ ref }) => ref)).length;
        const onDisk = new Set(afterKill(folder));
        const left = numbers(texts(store.lease(10_000, 1e9)));
        balanced();
        expect(left.filter((at) => !onDisk.has(at))).toEqual([]);
        for (const at of left) {
          expect(at).toBeGreaterThan(last);
          last = at;
        }
        store.close();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

import { LetterStore } from '../../src/delivery/letter-store';
import { MemoryStore } from '../../src/store/memory-store';
import type { RecordRef, StoreDamage } from '../../src/store/record-store';
import { StoreWriteException } from '../../src/store/store-write.exception';

const BYTES = 1e6;
const noSpace = (): StoreWriteException =>
  StoreWriteException.create({ path: 'disk', cause: Object.assign(new Error('no space left'), { code: 'ENOSPC' }) });
const open = (): MemoryStore => MemoryStore.open({ maxBytes: BYTES });
const damage = (part: Partial<StoreDamage>): StoreDamage => ({ records: 0, bytes: 0, removed: 0, files: [], ...part });

/** Makes a store behave as one whose files are removed while all its records are leased. */
function removeFiles(store: MemoryStore): void {
  jest.spyOn(store, 'release').mockImplementation((refs: readonly RecordRef[]) => {
    store.settle(refs);
    return [...refs];
  });
}

function append(store: Pick<MemoryStore, 'append'> | LetterStore, ...texts: string[]): void {
  for (const text of texts) store.append(text, true);
}

function texts(store: LetterStore): string[] {
  const records = [];
  for (let page = store.lease(100, BYTES); page.length > 0; page = store.lease(100, BYTES)) records.push(...page);
  store.release(records.map(({ ref }) => ref));
  return records.map(({ payload }) => payload.toString());
}

afterEach(() => jest.restoreAllMocks());

describe('LetterStore', () => {
  it('keeps letters in memory while the disk cannot be written, and copies them once it can', () => {
    const disk = open();
    const letters = new LetterStore(disk, BYTES);
    append(letters, 'a');
    const failing = jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    append(letters, 'b', 'c');
    expect(letters).toMatchObject({ isOnDisk: true, isDiskFailing: true, count: 3 });
    expect(disk.count).toBe(1);
    failing.mockRestore();
    letters.check();
    expect(letters).toMatchObject({ isDiskFailing: false, count: 3, forgotten: 0 });
    expect(disk.count).toBe(3);
    expect(texts(letters)).toEqual(['a', 'b', 'c']);
  });

  it('throws what the disk threw when the memory has no capacity either', () => {
    const disk = open();
    const letters = new LetterStore(disk, 0);
    jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    expect(() => letters.append('a')).toThrow(StoreWriteException);
    expect(letters.count).toBe(0);
  });

  it('drops the oldest letters for lack of capacity, from the place that takes new ones, and counts them', () => {
    const letters = new LetterStore(undefined, 200);
    while (letters.append('x'.repeat(20)) !== undefined);
    const { count } = letters;
    letters.dropOldest(20);
    expect(letters.append('y'.repeat(20))).toBeDefined();
    expect(letters.forgotten).toBe(count + 1 - letters.count);
    letters.forget();
    expect(letters.forgotten).toBe(count + 2 - letters.count);
  });

  it('drops the oldest letters of the disk, or those in memory while the disk cannot be written', () => {
    const disk = open();
    const letters = new LetterStore(disk, BYTES);
    append(letters, 'a');
    const failing = jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    append(letters, 'b');
    letters.dropOldest(BYTES);
    expect(letters).toMatchObject({ count: 1, forgotten: 1 });
    expect(disk.count).toBe(1);
    failing.mockRestore();
    letters.check();
    letters.dropOldest(BYTES);
    expect(letters).toMatchObject({ count: 0, forgotten: 2 });
  });

  it('tests a disk that failed before it uses it again', () => {
    const disk = open();
    const letters = new LetterStore(disk, BYTES);
    const fail = (): never => {
      throw noSpace();
    };
    const append_ = jest.spyOn(disk, 'append').mockImplementation(fail);
    append(letters, 'a');
    append_.mockRestore();
    const probe = jest.spyOn(disk, 'probe').mockImplementation(fail);
    letters.check();
    expect(letters).toMatchObject({ isDiskFailing: true, count: 1 });
    expect(disk.count).toBe(0);
    probe.mockRestore();
    letters.check();
    expect(letters.isDiskFailing).toBe(false);
    expect(disk.count).toBe(1);
  });

  it('keeps the count of what an earlier store has lost when that is closed', () => {
    const [disk, older] = [open(), Object.assign(open(), { damage: damage({}) })];
    append(older, 'a');
    const failing = jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    const letters = new LetterStore(disk, BYTES);
    letters.adopt(older);
    Object.assign(older, { damage: damage({ removed: 2 }) });
    failing.mockRestore();
    letters.check();
    expect(disk.count).toBe(1);
    expect(letters.forgotten).toBe(2);
  });

  it('copies the letters of an earlier process to the disk, closes their store, and lists the oldest first', () => {
    const [disk, older] = [open(), open()];
    append(older, 'a', 'b');
    const close = jest.spyOn(older, 'close');
    const letters = new LetterStore(disk, BYTES);
    letters.adopt(older);
    append(letters, 'c');
    expect(close).toHaveBeenCalledTimes(1);
    expect(disk.count).toBe(3);
    expect(texts(letters)).toEqual(['a', 'b', 'c']);
  });

  it('leaves the letters of an earlier process where they are while they cannot be copied', () => {
    const [disk, older] = [open(), open()];
    append(older, 'a', 'b');
    const failing = jest.spyOn(disk, 'flush').mockImplementation(() => {
      throw noSpace();
    });
    const letters = new LetterStore(disk, BYTES);
    letters.adopt(older);
    expect({ disk: disk.count, older: older.count, count: letters.count }).toEqual({ disk: 0, older: 2, count: 2 });
    failing.mockRestore();
    letters.check();
    expect({ disk: disk.count, count: letters.count }).toEqual({ disk: 2, count: 2 });
    expect(texts(letters)).toEqual(['a', 'b']);
  });

  it('counts letters whose file was removed while they were leased', () => {
    const disk = open();
    const letters = new LetterStore(disk, BYTES);
    append(letters, 'a', 'b');
    const leased = letters.lease(2, BYTES);
    removeFiles(disk);
    letters.release(leased.map(({ ref }) => ref));
    expect(letters).toMatchObject({ count: 0, forgotten: 2 });
  });

  it('counts letters whose file was removed while they were copied to a disk that failed', () => {
    const [disk, older] = [open(), open()];
    append(older, 'a', 'b');
    removeFiles(older);
    jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    const letters = new LetterStore(disk, BYTES);
    letters.adopt(older);
    expect(letters).toMatchObject({ count: 0, forgotten: 2 });
  });

  it('counts letters that are removed or become unreadable, but not those that were before', () => {
    const older = Object.assign(open(), { damage: damage({ records: 3 }) });
    append(older, 'a');
    const letters = new LetterStore(undefined, BYTES);
    letters.adopt(older);
    expect(letters.forgotten).toBe(0);
    Object.assign(older, { damage: damage({ records: 5, removed: 1 }) });
    expect(letters.forgotten).toBe(3);
  });

  it('takes over all letters of another store, with its count of lost ones', () => {
    const [first, second] = [new LetterStore(undefined, BYTES), new LetterStore(undefined, BYTES)];
    append(first, 'a');
    first.forget();
    second.forget();
    second.adoptAll(first);
    append(second, 'b');
    expect(second).toMatchObject({ count: 2, forgotten: 2 });
    expect(first.forgotten).toBe(0);
    expect(texts(second)).toEqual(['a', 'b']);
  });

  it('says at close how many letters were in memory only, and counts them as lost', () => {
    const letters = new LetterStore(undefined, BYTES);
    append(letters, 'a', 'b');
    expect(() => {
      letters.close();
    }).toThrow(expect.objectContaining({ records: 2 }));
    expect(letters).toMatchObject({ count: 0, forgotten: 2 });
  });

  it('loses nothing at close that the disk takes', () => {
    const disk = open();
    const letters = new LetterStore(disk, BYTES);
    const failing = jest.spyOn(disk, 'append').mockImplementation(() => {
      throw noSpace();
    });
    append(letters, 'a');
    failing.mockRestore();
    letters.close();
    expect(letters.forgotten).toBe(0);
  });
});

import { spawnSync } from 'node:child_process';
import type * as fs from 'node:fs';
import { join } from 'node:path';
import { SegmentStore } from '../../src/store/segment-store';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { Child } from './child-process';
import { texts } from './describe-store-contract';
import { bytesIn, scratchFolder } from './scratch-folder';

// Jest gives each test file its own copy of `require`, but Node's modules are one: these are the
// functions the store calls.
const disk: typeof fs = jest.requireActual('node:fs');

afterEach(() => {
  jest.restoreAllMocks();
});

/** The next writes put down so many bytes, and then the disk is full. */
function fullAfter(bytes: number): jest.SpyInstance {
  const write = disk.writeSync as (fd: number, from: Buffer, offset: number, length: number, at: number) => number;
  let left = bytes;
  return jest.spyOn(disk, 'writeSync').mockImplementation(((
    fd: number,
    from: Buffer,
    offset: number,
    length: number,
    at: number,
  ) => {
    if (left === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const written = write(fd, from, offset, Math.min(length, left), at);
    left -= written;
    return written;
  }) as typeof disk.writeSync);
}

function open(folder: string): SegmentStore {
  return SegmentStore.open(folder, { maxBytes: 1e9, fsync: false, segmentBytes: 1e6, chunkBytes: 4096 });
}

function leaseTexts(store: SegmentStore): string[] {
  return texts(store.lease(1000, 1e9));
}

describe('SegmentStore, when a write fails,', () => {
  it.each([0, 1, 7, 8, 9, 500])(
    'takes nothing of a record of which %i bytes were written, and the next one fits',
    (bytes) => {
      const folder = scratchFolder();
      const store = open(folder);
      store.append('before', true);
      const [countBefore, bytesBefore] = [store.count, store.bytes];
      const spy = fullAfter(bytes);
      expect(() => store.append('x'.repeat(1000), true)).toThrow(StoreWriteException);
      expect(() => store.append('x'.repeat(9000), false)).toThrow(StoreWriteException); // larger than a chunk: written at once
      spy.mockRestore();

      expect([store.count, store.bytes]).toEqual([countBefore, bytesBefore]);
      expect(bytesIn(folder)).toBe(bytesBefore);
      store.append('after', true);
      store.close();
      const again = open(folder);
      expect(again.damage.records).toBe(0);
      expect(leaseTexts(again)).toEqual(['before', 'after']);
      again.close();
    },
  );

  it('keeps what is gathered, still gives it, and writes it when there is room', () => {
    const folder = scratchFolder();
    const store = open(folder);
    store.append('gathered 1', false);
    store.append('gathered 2', false);
    const spy = fullAfter(11);
    expect(() => store.flush()).toThrow(StoreWriteException);
    expect(() => store.append('not taken', true)).toThrow(StoreWriteException);
    store.append('gathered 3', false);
    expect(() => store.append('x'.repeat(4060), false)).toThrow(StoreWriteException); // the chunk is full
    const leased = store.lease(2, 1e9);
    expect(texts(leased)).toEqual(['gathered 1', 'gathered 2']);
    store.release(leased.map(({ ref }) => ref));
    spy.mockRestore();

    store.close();
    const again = open(folder);
    expect(again.damage.records).toBe(0);
    expect(leaseTexts(again)).toEqual(['gathered 1', 'gathered 2', 'gathered 3']);
    again.close();
  });

  it('says at close how many records were lost, and gives up its descriptors all the same', () => {
    const folder = scratchFolder();
    const store = open(folder);
    store.append('written', true);
    const settled = store.append('settled', false)!;
    store.append('lost', false);
    store.append('lost too', false);
    store.settle([settled]);
    const closed = jest.spyOn(disk, 'closeSync');
    const spy = fullAfter(0);
    expect(() => store.close()).toThrow(
      expect.objectContaining({ name: 'StoreWriteException', records: 2, code: 'ENOSPC' }),
    );
    spy.mockRestore();
    expect(closed).toHaveBeenCalled();
    store.close();
    const again = open(folder);
    expect(leaseTexts(again)).toEqual(['written']);
    again.close();
  });

  it('makes room by dropping what could not be written, too', () => {
    const store = open(scratchFolder());
    store.append('a', false);
    store.append('b', false);
    const spy = fullAfter(0);
    expect(store.dropOldest(1)).toBe(2);
    spy.mockRestore();
    expect([store.count, store.bytes]).toEqual([0, 0]);
    store.append('c', true);
    expect(leaseTexts(store)).toEqual(['c']);
    store.close();
  });

  it('writes the marks of what was settled later, so that it is not delivered again', () => {
    const folder = scratchFolder();
    const store = open(folder);
    for (const text of ['a', 'b', 'c']) store.append(text, true);
    const [a, b] = store.lease(2, 1e9);
    const spy = fullAfter(5); // a torn mark
    store.settle([a!.ref]);
    spy.mockRestore();
    expect(store.count).toBe(2);
    store.settle([b!.ref]);
    expect(store.bytes).toBe(bytesIn(folder));
    store.close();
    const again = open(folder);
    expect(again.damage.files).toEqual([]);
    expect(leaseTexts(again)).toEqual(['c']);
    again.close();
  });

  it('takes nothing if the disk does not confirm it (fsync)', () => {
    const folder = scratchFolder();
    const store = SegmentStore.open(folder, { maxBytes: 1e9, fsync: true });
    store.append('before', true);
    const sync = jest.spyOn(disk, 'fdatasyncSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    });
    expect(() => store.append('not confirmed', true)).toThrow(StoreWriteException);
    expect(sync).toHaveBeenCalledTimes(1);
    sync.mockRestore();
    expect(bytesIn(folder)).toBe(store.bytes);
    store.append('after', true);
    expect(leaseTexts(store)).toEqual(['before', 'after']);
    store.close();
  });

  it('syncs once for all that was gathered, and not at all without fsync', () => {
    const sync = jest.spyOn(disk, 'fdatasyncSync');
    for (const fsync of [false, true]) {
      const store = SegmentStore.open(scratchFolder(), { maxBytes: 1e9, fsync });
      for (let at = 0; at < 100; at++) store.append('x'.repeat(1000), false);
      expect(sync).not.toHaveBeenCalled();
      store.flush();
      store.flush();
      expect(sync).toHaveBeenCalledTimes(fsync ? 1 : 0);
      store.close();
    }
  });

  it('writes once for each segment in which something is settled, not once for each record', () => {
    const store = SegmentStore.open(scratchFolder(), { maxBytes: 1e9, fsync: false, segmentBytes: 4096 });
    const refs = Array.from({ length: 100 }, () => store.append('x'.repeat(100), false)!);
    store.flush();
    const segments = new Set(refs.slice(1).map(({ segment }) => segment));
    expect(segments.size).toBe(3);
    const write = jest.spyOn(disk, 'writeSync');
    store.settle(refs.filter((_ref, at) => at % 2 === 1));
    expect(write).toHaveBeenCalledTimes(3);
    store.close();
  });

  it('loses nothing if no descriptor is left to read with', () => {
    const folder = scratchFolder();
    const before = open(folder);
    before.append('a', true);
    before.close();
    const store = open(folder);
    const spy = jest.spyOn(disk, 'openSync').mockImplementation(() => {
      throw Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' });
    });
    expect(() => store.lease(1, 1)).toThrow(expect.objectContaining({ name: 'StoreReadException', code: 'EMFILE' }));
    expect(() => open(folder)).toThrow(expect.objectContaining({ name: 'StoreReadException' }));
    spy.mockRestore();
    expect([store.count, store.damage.records]).toEqual([1, 0]);
    expect(leaseTexts(store)).toEqual(['a']);
    store.close();
  });
});

interface Refusal {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly taken: number;
  readonly count: number;
}

/**
 * Starts a process on a disk of 128 KiB that is gone with it, or with files of at most 64 KiB where
 * nothing can be mounted.
 */
const kinds = [
  {
    kind: 'a file that may not grow (ulimit -f)',
    code: 'EFBIG',
    segmentBytes: 1e9,
    before: () => ['bash', '-c', 'ulimit -f 64; exec "$0" "$@"'],
  },
  {
    kind: 'a full disk (tmpfs)',
    code: 'ENOSPC',
    segmentBytes: 16_384,
    before: (folder: string) => [
      ...['unshare', '--mount', 'sh', '-c'],
      `mount -t tmpfs -o size=128k none '${folder}' && exec "$0" "$@"`,
    ],
  },
];

describe.each(kinds)('SegmentStore on $kind', ({ before, code, segmentBytes }) => {
  const folder = scratchFolder();
  const [program, ...args] = [...before(folder), 'true'];
  const isPossible = spawnSync(program, args).status === 0;
  if (!isPossible) console.warn(`skipped: ${program} ${args.join(' ')} is not permitted here`);

  (isPossible ? it : it.skip)('takes what fits, says why not more, and goes on when there is room', async () => {
    const child = new Child('full-disk.child.ts', [join(folder, 'store'), String(segmentBytes)], before(folder));
    const full = await child.ask<Refusal>('fill flush');
    expect(full).toMatchObject({
      name: 'StoreWriteException',
      code,
      message: expect.stringContaining('Fix: make room'),
    });
    expect(full.taken).toBeGreaterThan(50);
    expect(full.count).toBe(full.taken);

    const first = await child.ask<number[]>('settle 30');
    expect(first).toEqual(Array.from({ length: 30 }, (_none, at) => at));
    const more = await child.ask<Refusal>('fill gathered');
    expect(more).toMatchObject({ name: 'StoreWriteException', code });
    expect(more.taken).toBeGreaterThan(full.taken);
    expect(more.count).toBe(more.taken - 30);

    expect(await child.ask<number>('drop 20000')).toBeGreaterThan(20);
    expect((await child.ask<Refusal>('fill flush')).taken).toBeGreaterThan(more.taken);
    const rest = await child.ask<number[]>('settle 100000');
    expect(rest).toEqual(Array.from({ length: rest.length }, (_none, at) => rest[0]! + at));
    expect(await child.ask<string>('close')).toBe('closed');
    child.signal('SIGKILL');
  });
});

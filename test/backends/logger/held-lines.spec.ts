import fc from 'fast-check';
import { HeldLines, type Chunk } from '../../../src/backends/logger/held-lines';

const RIPE_LENGTH = 10;
let held: HeldLines;
beforeEach(() => {
  held = new HeldLines(RIPE_LENGTH);
});

/** Adds lines of one character each, and closes them into one chunk. */
function chunkOf(lines: string): Chunk {
  for (const line of lines) held.add(line);
  held.close();
  return held.chunkAt(0)!;
}

/** Takes everything that is held, one character for each byte. */
function takeAll(): string {
  let all = '';
  held.makeDue();
  for (let chunk = held.chunkAt(0); chunk !== undefined; chunk = held.chunkAt(0)) {
    all += chunk.bytes.toString('latin1', chunk.written);
    held.advance(chunk, chunk.bytes.length - chunk.written);
  }
  return all;
}

describe('HeldLines: chunks', () => {
  it('returns no chunk while the collected lines are few and not due', () => {
    held.add('a');
    expect(held.chunkAt(0)).toBeUndefined();
    expect(held).toMatchObject({ count: 1, collectedLength: 2, bytes: 2 });
  });

  it('closes the collected lines once they reach the length', () => {
    for (const line of 'abcde') held.add(line);
    expect(held.chunkAt(0)).toMatchObject({ from: 0, lines: 5, written: 0, isLeftBehind: false });
    expect(held.chunkAt(0)!.bytes.toString()).toBe('a\nb\nc\nd\ne\n');
    expect(held.collectedLength).toBe(0);
  });

  it('closes few lines when they are made due, once', () => {
    held.makeDue();
    expect(held.chunkAt(0)).toBeUndefined();
    held.add('a');
    expect(held.chunkAt(0)!.lines).toBe(1);
    held.add('b');
    expect(held.chunkAt(1)).toBeUndefined();
  });

  it('lets collected lines grow while a chunk is before them', () => {
    chunkOf('a');
    held.add('b');
    held.makeDue();
    expect(held.chunkAt(0)!.lines).toBe(1);
    expect(held.collectedLength).toBe(2);
    expect(held.chunkAt(1)).toMatchObject({ from: 1, lines: 1 });
  });

  it('counts the bytes of a chunk once they are known', () => {
    held.add('éé');
    expect(held.bytes).toBe(3);
    held.close();
    expect(held.bytes).toBe(5);
  });
});

describe('HeldLines: progress', () => {
  it('delivers the lines of a chunk when its last byte is written', () => {
    const chunk = chunkOf('abc');
    expect(held.advance(chunk, 5)).toBe(false);
    expect(held).toMatchObject({ count: 3, bytes: 1 });
    expect(held.advance(chunk, 1)).toBe(true);
    expect(held).toMatchObject({ count: 0, bytes: 0 });
    expect(held.chunkAt(0)).toBeUndefined();
    expect(held.counts()).toEqual({ accepted: 3, delivered: 3, dropped: {}, pending: 0 });
  });

  it('removes the chunk that was completed, not the one before it', () => {
    const first = chunkOf('a');
    held.add('b');
    held.makeDue();
    held.advance(held.chunkAt(1)!, 2);
    expect(held.chunkAt(0)).toBe(first);
    expect(held.writtenUpTo).toBe(0);
  });

  it('knows up to which line all are written', () => {
    expect(held.writtenUpTo).toBe(0);
    const chunk = chunkOf('ab');
    held.add('c');
    expect(held).toMatchObject({ writtenUpTo: 0, acceptedCount: 3 });
    held.advance(chunk, 4);
    expect(held.writtenUpTo).toBe(2);
  });

  it('reuses the memory of a complete chunk, unless a write may still read it', () => {
    const first = chunkOf('a');
    held.advance(first, 2);
    first.isLeftBehind = true;
    held.recycle(first);
    const second = chunkOf('b');
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    held.advance(second, 2);
    held.recycle(second);
    expect(chunkOf('c').bytes.buffer).toBe(second.bytes.buffer);
  });

  it('counts a line that was written elsewhere', () => {
    held.addWritten();
    expect(held.counts()).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });
});

describe('HeldLines: keepUnwritten', () => {
  it('keeps the half line from its start, and returns what to remove', () => {
    for (const line of ['ab', 'cd', 'ef']) held.add(line);
    held.close();
    const chunk = held.chunkAt(0)!;
    held.advance(chunk, 5); // ab, newline, cd
    expect(held.keepUnwritten(chunk, false).toString()).toBe('cd');
    expect(chunk).toMatchObject({ from: 1, lines: 2, written: 0 });
    expect(chunk.bytes.toString()).toBe('cd\nef\n');
    expect(held).toMatchObject({ bytes: 6, count: 2, writtenUpTo: 1 });
  });

  it('continues the half line where the log does', () => {
    for (const line of ['ab', 'cd']) held.add(line);
    held.close();
    const chunk = held.chunkAt(0)!;
    held.advance(chunk, 4); // ab, newline, c
    expect(held.keepUnwritten(chunk, true)).toHaveLength(0);
    expect(chunk.bytes.toString()).toBe('d\n');
    expect(held).toMatchObject({ bytes: 2, count: 1 });
  });

  it('changes nothing when nothing was written, and removes nothing after a whole line', () => {
    const chunk = chunkOf('ab');
    expect(held.keepUnwritten(chunk, false)).toHaveLength(0);
    expect(chunk.bytes.toString()).toBe('a\nb\n');
    held.advance(chunk, 2);
    expect(held.keepUnwritten(chunk, false)).toHaveLength(0);
    expect(chunk.bytes.toString()).toBe('b\n');
    expect(held.count).toBe(1);
  });
});

describe('HeldLines: drop', () => {
  it('drops collected lines and chunks, counted as shutdown', () => {
    chunkOf('ab');
    held.add('c');
    held.makeDue();
    expect(held.drop()).toBe(3);
    expect(held).toMatchObject({ count: 0, bytes: 0, collectedLength: 0 });
    expect(held.chunkAt(0)).toBeUndefined();
    expect(held.counts()).toEqual({ accepted: 3, delivered: 0, dropped: { shutdown: 3 }, pending: 0 });
  });

  it('counts nothing when nothing is held', () => {
    expect(held.drop()).toBe(0);
    expect(held.counts().dropped).toEqual({});
  });
});

it('HeldLines: every line is written once, in order, whatever the writes take', () => {
  const step = fc.oneof(
    fc.record({ add: fc.string({ unit: fc.constantFrom('a', 'é', '😀'), maxLength: 12 }) }),
    fc.record({ take: fc.nat({ max: 30 }), fallsShort: fc.boolean() }),
    fc.constant('due' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      held = new HeldLines(RIPE_LENGTH);
      const added: string[] = [];
      let log = '';
      for (const one of steps) {
        if (one === 'due') held.makeDue();
        else if ('add' in one) {
          held.add(one.add);
          added.push(`${one.add}\n`);
        } else {
          const chunk = held.chunkAt(0);
          if (chunk === undefined) continue;
          const bytes = chunk.bytes.subarray(chunk.written, chunk.written + one.take);
          log += bytes.toString('latin1');
          if (!held.advance(chunk, bytes.length) && one.fallsShort)
            log = log.slice(0, log.length - held.keepUnwritten(chunk, false).length);
        }
        const { accepted, delivered, pending } = held.counts();
        expect(accepted).toBe(delivered + pending);
        expect(pending).toBe(held.count);
      }
      log += takeAll();
      expect(Buffer.from(log, 'latin1').toString()).toBe(added.join(''));
      expect(held).toMatchObject({ bytes: 0, count: 0 });
    }),
    { numRuns: 300 },
  );
});

import cluster from 'node:cluster';
import { openSync, closeSync } from 'node:fs';
import fc from 'fast-check';
import { isPipe, LongLineNotice, MAX_PIECE_BYTES, pieceEnd } from '../../../src/backends/logger/pipe-pieces';

function piecesOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = pieceEnd(bytes, from);
    pieces.push(bytes.toString('utf8', from, end));
    from = end;
  }
  return pieces;
}

const line = (length: number): string => `${'x'.repeat(length - 1)}\n`;

describe('pieceEnd', () => {
  it.each<[what: string, lengths: number[], pieces: number[]]>([
    ['lines that fit together', [100, MAX_PIECE_BYTES - 100], [MAX_PIECE_BYTES]],
    ['a line that does not fit behind others', [100, MAX_PIECE_BYTES - 99], [100, MAX_PIECE_BYTES - 99]],
    ['a line that is longer than a piece', [100, MAX_PIECE_BYTES + 1, 100], [100, MAX_PIECE_BYTES + 1, 100]],
    ['a longest line at the start', [MAX_PIECE_BYTES * 3, 5], [MAX_PIECE_BYTES * 3, 5]],
  ])('keeps %s whole', (_what, lengths, pieces) => {
    expect(piecesOf(lengths.map(line).join('')).map(({ length }) => length)).toEqual(pieces);
  });

  it('returns the end for a rest without a newline', () => {
    expect(piecesOf('x'.repeat(MAX_PIECE_BYTES * 2))).toHaveLength(1);
  });

  it('cuts any lines into whole lines, of which a piece has as many as fit', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: MAX_PIECE_BYTES * 2 }), { maxLength: 12 });
    fc.assert(
      fc.property(lengths, (all) => {
        const text = all.map(line).join('');
        const pieces = piecesOf(text);
        expect(pieces.join('')).toBe(text);
        pieces.forEach((piece, at) => {
          const lines = piece.split('\n').length - 1;
          expect(piece.endsWith('\n')).toBe(true);
          expect(piece.length <= MAX_PIECE_BYTES || lines === 1).toBe(true);
          const next = pieces[at + 1]?.indexOf('\n') ?? Infinity;
          expect(piece.length + next + 1).toBeGreaterThan(MAX_PIECE_BYTES);
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe('LongLineNotice', () => {
  const isWorker = Object.getOwnPropertyDescriptor(cluster, 'isWorker')!;
  let warnings: string[];
  let notice: LongLineNotice;
  beforeEach(() => {
    warnings = [];
    notice = new LongLineNotice((text) => warnings.push(text));
    Object.defineProperty(cluster, 'isWorker', { ...isWorker, value: true });
  });
  afterEach(() => {
    Object.defineProperty(cluster, 'isWorker', isWorker);
  });

  it('warns once, with the size that can be kept whole', () => {
    notice.given(MAX_PIECE_BYTES);
    expect(warnings).toEqual([]);
    notice.given(MAX_PIECE_BYTES + 1);
    notice.given(MAX_PIECE_BYTES + 1);
    expect(warnings).toEqual([expect.stringContaining(`Fix: maxEventBytes: ${String(MAX_PIECE_BYTES - 1)}`)]);
  });

  it('says nothing in a process that is no worker of a cluster', () => {
    Object.defineProperty(cluster, 'isWorker', { ...isWorker, value: false });
    notice.given(MAX_PIECE_BYTES + 1);
    expect(warnings).toEqual([]);
  });
});

describe('isPipe', () => {
  it('is false for a file and for a closed descriptor', () => {
    const fd = openSync(__filename, 'r');
    expect(isPipe(fd)).toBe(false);
    closeSync(fd);
    expect(isPipe(fd)).toBe(false);
  });
});

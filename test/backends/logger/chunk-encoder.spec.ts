import fc from 'fast-check';
import { ChunkEncoder } from '../../../src/backends/logger/chunk-encoder';

describe('ChunkEncoder', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.nat({ max: 200_000 }).map((length) => 'x'.repeat(length)),
    fc.nat({ max: 80_000 }).map((length) => '\u4e16'.repeat(length)), // three bytes each: beyond the room that is set aside
  );

  it('gives the UTF-8 of every text, in memory that nothing else is written to until it is given back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, fc.boolean()), { maxLength: 12 }), (steps) => {
        const encoder = new ChunkEncoder();
        const held: { readonly text: string; readonly bytes: Buffer }[] = [];
        for (const [text, givesBack] of steps) {
          held.push({ text, bytes: encoder.encode(text) });
          for (const one of held) expect(one.bytes.equals(Buffer.from(one.text))).toBe(true);
          const first = givesBack ? held.shift() : undefined;
          if (first !== undefined) encoder.giveBack(first.bytes);
        }
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });

  it('uses memory that was given back again', () => {
    const encoder = new ChunkEncoder();
    const { buffer } = encoder.encode('a'.repeat(20_000));
    encoder.giveBack(Buffer.from(buffer, 0, 20_000));
    expect(encoder.encode('b'.repeat(20_000)).buffer).toBe(buffer);
  });

  it('keeps no memory of an extraordinary size', () => {
    const encoder = new ChunkEncoder();
    const large = encoder.encode('a'.repeat(5_000_000));
    encoder.giveBack(large);
    expect(encoder.encode('b').buffer.byteLength).toBe(65_536);
  });
});

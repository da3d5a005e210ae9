import fc from 'fast-check';
import { LineSplitter } from '../../../src/cli/log-lines';

function split(chunks: readonly Buffer[], maxLineBytes?: number) {
  const lines: (string | { broken: string })[] = [];
  const numbers: number[] = [];
  const splitter = new LineSplitter(
    {
      line: (text, number) => {
        lines.push(text);
        numbers.push(number);
      },
      broken: (number, why) => {
        lines.push({ broken: why });
        numbers.push(number);
      },
    },
    maxLineBytes,
  );
  for (const chunk of chunks) {
    const given = Buffer.from(chunk);
    splitter.push(given);
    given.fill(0x21); // as a buffer that is read into again
  }
  splitter.end();
  return { lines, numbers, count: splitter.lines };
}

describe('LineSplitter', () => {
  it('gives the lines of a text, wherever its bytes are cut', () => {
    const text = fc.string({ unit: fc.constantFrom('\n', '\r', 'a', 'é', '😀', '"'), maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        const { lines, numbers, count } = split(chunks);
        expect(lines).toEqual(expected);
        expect(numbers).toEqual(expected.map((_, index) => index + 1));
        expect(count).toBe(expected.length);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['in one chunk', ['ab\n', 'x'.repeat(30), '\ncd\n']],
    ['over many chunks', ['ab\nxxxxxxxxx', 'x'.repeat(9), 'x'.repeat(9), 'xxx', '\ncd']],
    ['as the last', ['ab\ncd\n', 'x'.repeat(9), 'x'.repeat(9)]],
    ['among others', ['ab\n' + 'x'.repeat(30) + '\ncd\n']],
  ])('skips a line that is too long %s, and reads the others', (_, parts) => {
    const { lines, numbers } = split(
      parts.map((part) => Buffer.from(part)),
      10,
    );
    expect([...lines].sort()).toEqual(['ab', 'cd', { broken: 'is longer than 10 bytes' }].sort());
    expect(numbers).toEqual([1, 2, 3]);
  });

  it('removes a byte order mark from the beginning of every line, since logs are put together with cat', () => {
    expect(split([Buffer.from('\ufeffa\n\ufeffb\n\ufeff\r\nc\ufeff')]).lines).toEqual(['a', 'b', '\r', 'c\ufeff']);
  });

  it('counts the place where a log is cut off as one broken line, whatever of it has been read', () => {
    const broken: [number, string][] = [];
    for (const text of ['a\nb', 'a\n']) {
      const splitter = new LineSplitter({ line: () => undefined, broken: (...found) => void broken.push(found) });
      splitter.push(Buffer.from(text));
      splitter.cutOff('is cut off');
      splitter.end();
      expect(splitter.lines).toBe(2);
    }
    expect(broken).toEqual([
      [2, 'is cut off'],
      [2, 'is cut off'],
    ]);
  });
});

/**
 * Writes lines of one letter each to standard output, or to a pipe by its path: LETTER LINES
 * LONGEST [PATH].
 */
import { LineWriter } from '../../../src/backends/logger/line-writer';

const [letter = 'x', lines = '0', longest = '0', path] = process.argv.slice(2);
const warnings: string[] = [];
const writer = new LineWriter(
  {
    path: path === undefined || path === '' ? undefined : path,
    ...{ mode: 0o640, sync: false, bufferBytes: 16_384, maxWaitMs: 100, maxHeldBytes: 2 ** 30, rotationCheckMs: 1000 },
  },
  (text) => warnings.push(text),
);
// Lengths that never line up with pages; the last line of each thousand is the longest.
for (let at = 1; at <= Number(lines); at++)
  writer.write(letter.repeat(at % 1000 === 0 ? Number(longest) : 20 + ((at * 7919) % (Number(longest) - 20))));
void writer.end(60_000).then(() => {
  process.stderr.write(warnings.map((text) => `${text}\n`).join(''));
  if (process.connected) process.disconnect(); // of a cluster, which would keep the worker alive
});

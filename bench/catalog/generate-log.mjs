// node bench/catalog/generate-log.mjs --lines 1000000 --out FILE: a tracking log of lines of about
// 1 KB. Prints what is wrong in it.
import { closeSync, openSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { logLines, wrongIn } from './log-events.mjs';

const CHUNK = 4 * 1024 * 1024;

/** @returns how much of what is in it: { lines, broken, spoilt, bytes } */
export function generateLog(path, lines) {
  const file = openSync(path, 'w');
  let bytes = 0;
  let chunk = '';
  try {
    for (const line of logLines(lines)) {
      chunk += `${line}\n`;
      if (chunk.length < CHUNK) continue;
      bytes += writeSync(file, chunk);
      chunk = '';
    }
    bytes += writeSync(file, chunk);
  } finally {
    closeSync(file);
  }
  return { ...wrongIn(lines), bytes };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { lines: { type: 'string', default: '1000000' }, out: { type: 'string' } },
  });
  if (values.out === undefined) {
    console.error('generate-log: --out FILE is missing.');
    process.exit(2);
  }
  console.log(JSON.stringify(generateLog(values.out, Number(values.lines))));
}

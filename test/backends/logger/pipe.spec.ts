import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { MAX_PIECE_BYTES, pieceEnd } from '../../../src/backends/logger/pipe-pieces';
import { LogFolder } from '../../support/log-folder';

const root = join(__dirname, '../../..');
const child = `'${process.execPath}' -r '${join(root, 'scripts/swc-register.cjs')}' '${join(__dirname, 'pipe.child.ts')}'`;
const run = promisify(execFile);
const LETTERS = ['a', 'b', 'c'];
const folder = new LogFolder();

/**
 * What comes out of one pipe into which three processes write. Its reader is slow, so that the pipe
 * is full most of the time.
 */
async function through(lines: number, longest: number, path = ''): Promise<string[]> {
  const writers = LETTERS.map((letter) => `${child} ${letter} ${String(lines)} ${String(longest)} ${path} &`).join(' ');
  const reader = `'${process.execPath}' -e '${SLOW_READER}'`;
  const command = path === '' ? `( ${writers} wait ) | ${reader}` : `( ${writers} wait ) & ${reader} < ${path}; wait`;
  const { stdout } = await run('sh', ['-c', command], { cwd: root, maxBuffer: 2 ** 30 });
  return stdout.split('\n');
}

/**
 * Reads 3,000 bytes at a time with blocking calls, and so leaves a little free space again and
 * again.
 */
const SLOW_READER =
  'const fs=require("fs");const b=Buffer.alloc(3000);for(;;){let n;try{n=fs.readSync(0,b)}catch(e){if(e.code==="EAGAIN")continue;throw e}if(n===0)break;for(let at=0;at<n;)try{at+=fs.writeSync(1,b,at,n-at)}catch(e){if(e.code!=="EAGAIN")throw e}}';

function expectWhole(lines: readonly string[], each: number): void {
  expect(lines.at(-1)).toBe('');
  const torn = lines.slice(0, -1).filter((line) => !/^(a+|b+|c+)$/.test(line));
  expect(torn.map((line) => line.slice(0, 60))).toEqual([]);
  for (const letter of LETTERS) expect(lines.filter((line) => line.startsWith(letter))).toHaveLength(each);
}

describe('Several processes that write to one pipe', () => {
  it('tear no line of up to PIPE_BUF bytes on standard output', async () => {
    expectWhole(await through(3000, MAX_PIECE_BYTES - 1), 3000);
  });

  it('tear none in a named pipe that is the path', async () => {
    const path = folder.file('fifo');
    execFileSync('mkfifo', [path]);
    expectWhole(await through(3000, MAX_PIECE_BYTES - 1, path), 3000);
  });
});

describe('A line that is too long to be kept whole', () => {
  const cluster = (workers: number): string =>
    `const c=require("node:cluster");c.setupPrimary({exec:${JSON.stringify(join(__dirname, 'pipe.child.ts'))},args:["a","2000","9000"],execArgv:["-r",${JSON.stringify(join(root, 'scripts/swc-register.cjs'))}]});for(let at=0;at<${String(workers)};at++)c.fork()`;

  it('is reported once by each worker of a cluster, with what to do', async () => {
    const { stderr } = await run('sh', ['-c', `'${process.execPath}' -e '${cluster(2)}' | cat > /dev/null`], {
      cwd: root,
    });
    const warnings = stderr.match(/a line has more than \d+ bytes.*Fix: maxEventBytes: \d+/g);
    expect(warnings).toHaveLength(2);
  });

  it('is written whole, and reported by nobody, where one process writes', async () => {
    const { stdout, stderr } = await run('sh', ['-c', `${child} a 2000 9000 | cat`], { cwd: root, maxBuffer: 2 ** 30 });
    expect(stderr).toBe('');
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(2001);
    expect(Math.max(...lines.map(({ length }) => length))).toBe(9000);
  });
});

describe('The pieces of a chunk', () => {
  it('are whole lines, of PIPE_BUF bytes at most unless one line is longer, and make up the chunk', () => {
    const length = fc.oneof(
      fc.nat(300),
      fc.integer({ min: MAX_PIECE_BYTES - 3, max: MAX_PIECE_BYTES + 3 }),
      fc.nat(20_000),
    );
    fc.assert(
      fc.property(fc.array(length, { maxLength: 30 }), (lengths) => {
        const bytes = Buffer.from(lengths.map((each) => `${'x'.repeat(each)}\n`).join(''));
        for (let from = 0, end = 0; from < bytes.length; from = end) {
          end = pieceEnd(bytes, from);
          expect(end).toBeGreaterThan(from);
          expect(bytes[end - 1]).toBe(0x0a);
          const isOneLine = bytes.indexOf(0x0a, from) === end - 1;
          expect(end - from <= MAX_PIECE_BYTES || isOneLine).toBe(true);
        }
      }),
    );
  });

  it('go on after a piece of which a full pipe took a part', () => {
    const bytes = Buffer.from(`${'x'.repeat(9000)}\n${'y'.repeat(100)}\n${'z'.repeat(5000)}\n`);
    expect(pieceEnd(bytes, 0)).toBe(9001);
    expect(pieceEnd(bytes, 3000)).toBe(9001);
    expect(pieceEnd(bytes, 8000)).toBe(9102);
    expect(pieceEnd(bytes, 9102)).toBe(bytes.length);
  });
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { LogFolder } from '../../support/log-folder';
import { until } from '../../support/until';
import { platformLine, platformLines } from './support';

const ROOT = resolve(__dirname, '../../..');

class Written extends Writable {
  text = '';
  readonly isTTY = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs one command in this process. */
async function run(folder: LogFolder, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new Written(), new Written()];
  const code = await runCommand(['import', ...words], new Terminal(out, err, folder.path));
  return { code, out: out.text, err: err.text };
}

interface Counts {
  readonly imported: number;
  readonly settledLines: number;
  readonly backends: Record<string, Record<string, number>>;
}

async function counts(folder: LogFolder, ...words: string[]): Promise<Counts> {
  const { code, out, err } = await run(folder, ...words, '--json');
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Counts;
}

function logs(files: Readonly<Record<string, string | Buffer>>): LogFolder {
  const folder = new LogFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(folder.file(name), content);
  return folder;
}

const idsIn = (folder: LogFolder, name: string): string[] => folder.events(name).map(({ id }) => id);

describe('event-tracking import', () => {
  it('reads several logs, whatever their names and compression, in their order', async () => {
    const folder = logs({
      'tracking.log.10': gzipSync(platformLines(3)),
      'tracking.log.2': platformLines(6).split('\n').slice(3).join('\n'),
      'other.txt': 'x',
    });
    const { code, out, err } = await run(folder, 'tracking.log*', '--to', 'file=out.jsonl');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('6 lines: 6 events.\n6 events imported.\n\nBackends\n  file: 6 delivered\n');
    expect(folder.events('out.jsonl').map(({ context }) => context['user_id'])).toEqual([3, 4, 5, 0, 1, 2]);
    expect(existsSync(folder.file('event-tracking-import.json'))).toBe(false);
  });

  it('counts with --dry-run, and says what it would skip and why', async () => {
    const folder = logs({ 'a.log': `${platformLines(10)}nothing\n` });
    const filters = ['--name', 'play_video', '--from', '2025-01-01T00:04:00', '--course', 'course-v1:Campus+BIO+0'];
    const { code, out } = await run(folder, 'a.log', '--dry-run', ...filters);
    expect(code).toBe(1); // a line is broken
    for (const line of [
      '11 lines: 10 events, 1 broken.',
      '1 event would be imported.',
      '  5 events with other names skipped',
      '  2 events of another time skipped',
      '  2 events of other courses skipped',
      '  play_video  1',
      '  line 11 is not valid JSON',
    ])
      expect(out.split('\n').map((each) => each.replace(/ {2,}(?=\d)/, '  '))).toContain(line);
  });

  it.each([
    [['a.log'], 'there is no target for the events.'],
    [['a.log', '--to', 'elsewhere=x'], '--to has no target "elsewhere".'],
    [['a.log', '--to', 'file=a.log'], 'the file of --to already has content.'],
    [['a.log', '--to', 'file=x', '--module', 'y'], '--to and --module are both given.'],
    [['a.log', '--module', 'nowhere.ts'], 'nowhere.ts does not exist.'],
    [['a.log', '--dry-run', '--from', 'yesterday'], 'Use a time such as 2025-01-01T00:00:00Z.'],
    [['b.log', '--dry-run'], 'b.log contains no events'],
  ])('ends with 2 for %j', async (words, message) => {
    const folder = logs({ 'a.log': platformLines(1), 'b.log': '{"level":30}\n' });
    const { code, out, err } = await run(folder, ...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('refuses the state of another import, and begins again with --restart', async () => {
    const folder = logs({
      'a.log': platformLines(2),
      'event-tracking-import.json': '{"version":1,"import":"x","logs":[]}',
    });
    expect((await run(folder, 'a.log', '--to', 'file=out.jsonl')).err).toContain('belongs to an interrupted import');
    expect((await counts(folder, 'a.log', '--to', 'file=out.jsonl', '--restart')).imported).toBe(2);
    writeFileSync(folder.file('event-tracking-import.json'), 'no JSON');
    expect((await run(folder, 'a.log', '--to', 'file=2.jsonl')).err).toContain('cannot be read');
  });

  it('imports into the tracker of a module of the application', async () => {
    const folder = logs({ 'a.log': platformLines(4) });
    mkdirSync(folder.file('node_modules'));
    for (const name of ['@nestjs', 'reflect-metadata', 'rxjs', 'typescript'])
      symlinkSync(join(ROOT, 'node_modules', name), folder.file(`node_modules/${name}`));
    writeFileSync(
      folder.file('import.module.js'),
      `const { Module } = require('@nestjs/common');
       const { TrackingModule, backend, LoggerBackend, NameAllowlist, processor } = require('${ROOT}/src/entries');
       class ImportModule {}
       Module({ imports: [TrackingModule.forRoot({ backends: { archive: backend(
         LoggerBackend, { path: '${folder.file('archive.log')}' }, { processors: [processor(NameAllowlist, { names: ['play_video'] })] },
       ) } })] })(ImportModule);
       exports.ImportModule = ImportModule; exports.other = 1;`,
    );
    const { backends } = await counts(folder, 'a.log', '--module', 'import.module.js#ImportModule');
    expect(backends).toEqual({ archive: { filtered: 2, delivered: 2 } });
    expect(folder.lines('archive.log')).toHaveLength(2);
    expect((await run(folder, 'a.log', '--module', 'import.module.js#other')).err).toContain(
      'exports no module "other"',
    );
  });
});

describe('event-tracking import, killed in the middle', () => {
  const LINES = 60_000;
  const STATE = 'event-tracking-import.json';

  /** Starts the command in a process of its own. */
  function start(folder: LogFolder, ...words: string[]): ChildProcess {
    const script = [join(ROOT, 'scripts/swc-register.cjs'), join(ROOT, 'src/cli/main.ts')];
    return spawn(process.execPath, ['-r', ...script, 'import', ...words], { cwd: folder.path, stdio: 'ignore' });
  }

  it('continues where it was, and writes each event once', async () => {
    const folder = logs({ 'a.log': platformLines(LINES) });
    const child = start(folder, 'a.log', '--to', 'file=out.jsonl');
    const ended = once(child, 'exit');
    await until(() => existsSync(folder.file(STATE)), undefined, 60_000);
    child.kill('SIGKILL');
    await ended;
    const {
      logs: [log],
    } = JSON.parse(readFileSync(folder.file(STATE), 'utf8')) as { logs: { lines: number }[] };
    expect(log?.lines).toBeGreaterThan(0);
    expect(log?.lines).toBeLessThan(LINES);
    // What was written after the state was saved; it may end in the middle of a line.
    appendFileSync(folder.file('out.jsonl'), `${platformLine(log?.lines ?? 0)}\n{"name": "pl`);
    renameSync(folder.file('out.jsonl'), folder.file('away.jsonl'));
    expect((await run(folder, 'a.log', '--to', 'file=out.jsonl')).err).toContain('is shorter than when');
    renameSync(folder.file('away.jsonl'), folder.file('out.jsonl'));
    renameSync(folder.file('a.log'), folder.file('a.log.1')); // logs are rotated meanwhile
    writeFileSync(folder.file('a.log.1'), `${platformLines(LINES)}${platformLine(LINES)}\n`);

    const result = await counts(folder, 'a.log.1', '--to', 'file=out.jsonl');
    expect(result.imported).toBe(LINES + 1 - (log?.lines ?? 0));
    const ids = idsIn(folder, 'out.jsonl');
    expect(new Set(ids).size).toBe(LINES + 1);
    expect(ids).toHaveLength(LINES + 1);
    expect(existsSync(folder.file(STATE))).toBe(false);
  }, 120_000);
});

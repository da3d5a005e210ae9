import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { statementsOf } from '../../xapi/ralph';

const ROOT = resolve(__dirname, '../../..');
const LINES = 300;

class Written extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(folder: LogFolder, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new Written(), new Written()];
  const code = await runCommand(['import', ...words], new Terminal(out, err, folder.path));
  return { code, out: out.text, err: err.text };
}

/** A line of a platform's log. Two lines of one second have the same verb, and other videos. */
function line(user: string, at: number, more: object = {}): string {
  const time = `2025-01-01T00:00:${String(Math.floor(at / 2) % 60).padStart(2, '0')}.000${String(at % 2)}00+00:00`;
  return JSON.stringify({
    ...{ name: 'play_video', event_type: 'play_video', event_source: 'browser', username: user, time },
    ...{
      context: { course_id: 'course-v1:Campus+BIO+1', user_id: user, path: '/event' },
      session: 's',
      ip: '192.0.2.1',
    },
    event: JSON.stringify({ id: `video${String(at)}`, code: 'x', currentTime: at, duration: 900 }),
    ...more,
  });
}

/** The environment is the process's own: each variable is put back. */
async function withEnvironment<Result>(
  given: Readonly<Record<string, string | undefined>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(given).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(given)) set(name, value);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

describe('event-tracking import --to lrs=URL, given wrong,', () => {
  const url = 'lrs=https://ann:secret@lrs.example/xAPI';
  const root = ['--root-url', 'https://lms.example'];
  const none = { LRS_USERNAME: undefined, LRS_PASSWORD: undefined, LRS_TOKEN: undefined };

  it.each<[string[], Record<string, string>, string]>([
    [['--to', 'lrs=', ...root], {}, '--to lrs=… is not a URL that begins with http:// or https://.'],
    [['--to', 'lrs=ann:secret@lrs.example', ...root], {}, '--to lrs=… is not a URL'],
    [['--to', 'lrs=https://ann:secret%@lrs.example', ...root], {}, '--to lrs=… has a user or a password with a "%"'],
    [['--to', 'https://ann:secret@x/?a=b', ...root], {}, '--root-url is for --to lrs=… only.'],
    [['--to', 'https://ann:secret@x/?a=b'], {}, '--to has no target of this form.'],
    [['--to', url], {}, '--to lrs=… needs the URL of the platform'],
    [['--to', url, '--root-url', 'secret'], {}, '--root-url is not a URL that begins with http:// or https://.'],
    [['--to', 'file=x', ...root], {}, '--root-url is for --to lrs=… only.'],
    [['--module', 'x', ...root], {}, '--root-url is for --to lrs=… only.'],
    [['--to', 'lrs=http://x', ...root], { LRS_PASSWORD: 'secret' }, 'LRS_PASSWORD is set without LRS_USERNAME.'],
    [['--to', 'lrs=http://x', ...root], { LRS_USERNAME: 'ann' }, 'LRS_USERNAME is set without LRS_PASSWORD.'],
    [
      ['--to', 'lrs=http://x', ...root],
      { LRS_TOKEN: 'secret', LRS_USERNAME: 'ann', LRS_PASSWORD: 'secret' },
      'LRS_TOKEN is set, and LRS_USERNAME or LRS_PASSWORD too.',
    ],
  ])('ends with 2 for %j, and shows no credential', async (words, environment, message) => {
    const folder = new LogFolder();
    writeFileSync(folder.file('a.log'), line('ann', 0));
    const { code, out, err } = await withEnvironment({ ...none, ...environment }, () => run(folder, 'a.log', ...words));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('secret');
  });
});

describeWithServices(['lrs'], 'event-tracking import --to lrs=URL', ({ lrs }) => {
  const rootUrl = 'https://lms.example';

  it('stores the statement of each event once, however often and however overlapping logs are imported', async () => {
    const folder = new LogFolder();
    const user = randomUUID();
    const lines = Array.from({ length: LINES }, (_, at) => line(user, at));
    writeFileSync(folder.file('a.log'), lines.slice(0, 200).join('\n'));
    writeFileSync(folder.file('b.log'), lines.slice(100).join('\n'));
    const to = ['--to', `lrs=${lrs}`, '--root-url', rootUrl];
    const first = await run(folder, 'a.log', ...to);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('200 events imported.\n\nBackends\n  lrs: 200 delivered');
    expect(await statementsOf(lrs, user, rootUrl)).toHaveLength(200);
    expect(await run(folder, 'b.log', 'a.log', ...to)).toMatchObject({ code: 0, err: '' });
    const statements = await statementsOf(lrs, user, rootUrl);
    expect(new Set(statements.map(({ object }) => (object as { id: string }).id)).size).toBe(LINES);
    expect(statements).toHaveLength(LINES);
    expect(statements.map(({ verb }) => verb.id)).toContain('https://w3id.org/xapi/video/verbs/played');
  }, 60_000);

  it('leaves out events without a statement, and names what an incomplete event lacks', async () => {
    const folder = new LogFolder();
    const user = randomUUID();
    const lines = [line(user, 0), line(user, 1, { name: 'book.read' }), line(user, 2, { event: {} })];
    writeFileSync(folder.file('a.log'), lines.join('\n'));
    const warned = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { code, out, err } = await run(folder, 'a.log', '--to', `lrs=${lrs}`, '--root-url', rootUrl);
    const log = warned.mock.calls.join();
    warned.mockRestore();
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const [, outcomes = ''] = /3 events imported\.\n\nBackends\n {2}lrs: (.*)\n/.exec(out) ?? [];
    // In the order in which they came.
    expect(outcomes.split(', ').sort()).toEqual(['1 dead-lettered', '1 delivered', '1 filtered']);
    expect(log).toContain('No xAPI statement for "play_video": data.id is missing.');
    expect(await statementsOf(lrs, user, rootUrl)).toHaveLength(1);
  });

  it('takes the credentials of the environment, and shows none', async () => {
    const folder = new LogFolder();
    const user = randomUUID();
    writeFileSync(folder.file('a.log'), line(user, 0));
    const { origin, pathname, username, password } = new URL(lrs);
    const given = { LRS_USERNAME: username, LRS_PASSWORD: password, LRS_TOKEN: undefined };
    const result = await withEnvironment(given, () =>
      run(folder, 'a.log', '--to', `lrs=${origin}${pathname}`, '--root-url', rootUrl),
    );
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(await statementsOf(lrs, user, rootUrl)).toHaveLength(1);
  });

  it('waits while the credentials are wrong, says what to check, and continues with the right ones', async () => {
    const folder = new LogFolder();
    const user = randomUUID();
    writeFileSync(folder.file('a.log'), Array.from({ length: 20 }, (_, at) => line(user, at)).join('\n'));
    const { origin, pathname, username, password } = new URL(lrs);
    const words = ['a.log', '--to', `lrs=${origin}${pathname}`, '--root-url', rootUrl];
    const script = ['-r', join(ROOT, 'scripts/swc-register.cjs'), join(ROOT, 'src/cli/main.ts'), 'import', ...words];
    const env = { ...process.env, LRS_USERNAME: username, LRS_PASSWORD: 'not-this-one', LRS_TOKEN: '' };
    const child = spawn(process.execPath, script, { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    const closed = once(child, 'close');
    await until(
      () => said.includes('answered 401 (Unauthorized): check the credentials'),
      () => said,
      60_000,
    );
    child.kill('SIGTERM');
    expect(await closed).not.toEqual([0, null]);
    expect(said).not.toContain('not-this-one');
    expect(await statementsOf(lrs, user, rootUrl)).toEqual([]);
    const given = { LRS_USERNAME: username, LRS_PASSWORD: password, LRS_TOKEN: undefined };
    expect(await withEnvironment(given, () => run(folder, ...words))).toMatchObject({ code: 0 });
    expect(await statementsOf(lrs, user, rootUrl)).toHaveLength(20);
  }, 120_000);
});

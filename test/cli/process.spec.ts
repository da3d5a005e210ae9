import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Projects } from './loading/projects';

// Each test starts a process.
jest.setTimeout(60_000);

const ROOT = resolve(__dirname, '../..');
const DEFINE = "import { defineEvent } from 'nestjs-event-tracking';\nexport const a = defineEvent('a');\n";

describe('ProcessGuard: the process of the command', () => {
  const projects = new Projects();
  let cases = 0;

  afterAll(() => {
    projects.remove();
  });

  /** Ends on its own, or the test does not. */
  async function run(
    catalog: string,
    ...words: string[]
  ): Promise<{ code: unknown; out: string; err: string; seconds?: number }> {
    const folder = projects.write(`case-${String(++cases)}`, { 'package.json': {}, 'catalog.ts': catalog });
    const script = [join(ROOT, 'scripts/swc-register.cjs'), join(ROOT, 'src/cli/main.ts')];
    const child = spawn(process.execPath, ['-r', ...script, ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { code, out, err };
  }
  const check = (catalog: string): ReturnType<typeof run> =>
    run(catalog, 'catalog', 'check', '--update', '--json', '--catalog', 'catalog.ts');

  it('ends when the command does, whatever the catalog has left open', async () => {
    const open =
      "setInterval(() => undefined, 1000);\nimport { createServer } from 'node:net';\ncreateServer().listen(0);\n";
    expect(await check(`${DEFINE}${open}`)).toMatchObject({ code: 0, err: '' });
  });

  it('writes all of a long result before it ends', async () => {
    const names = 'Array.from({ length: 3000 }, (_, at) => defineEvent(`a.${at}`))';
    const catalog = `${DEFINE}export const all = ${names};\n`;
    const { code, out } = await run(catalog, 'catalog', 'check', '--json', '--catalog', 'catalog.ts');
    expect({ code, json: typeof JSON.parse(out) }).toEqual({ code: 1, json: 'object' });
  });

  it.each([
    ['while it is loaded', 'process.exit(0);'],
    ['without a code', 'process.exit();'],
    [
      'in a rejected promise that loading waits for',
      "await Promise.reject(new Error('x')).catch(() => process.exit(0));",
    ],
  ])('ends with 2 where a file ends the process %s', async (_, code) => {
    const found = await check(`${DEFINE}\n\n${code}`);
    expect(found).toMatchObject({ code: 2, out: '' });
    expect(found.err).toMatch(/catalog\.ts:5: .*process\.exit\(0?\) was called\n {2}Fix: move the definitions/);
  });

  it('ends with 2 where loading never ends', async () => {
    const found = await check(`${DEFINE}await new Promise(() => undefined);`);
    expect(found).toMatchObject({ code: 2, out: '', err: expect.stringContaining('the command did not finish') });
  });

  it.each([
    ['throws', "throw new Error('too late');"],
    ['rejects', "void Promise.reject(new Error('too late'));"],
    ['ends the process', 'process.exit(0);'],
  ])('ends with 2 where a file %s after it was loaded', async (_, code) => {
    const found = await check(
      `${DEFINE}setTimeout(() => { ${code} }, 1);\nawait new Promise((done) => setTimeout(done, 5000));`,
    );
    expect(found).toMatchObject({ code: 2, out: '' });
    expect(found.err).toMatch(/too late|process\.exit\(0\) was called/);
  });

  it('prints the result alone to the standard output, whatever files print', async () => {
    const prints = "console.log('hello'); console.info('hi'); process.stdout.write('there');\n";
    const { code, out, err } = await check(`${prints}${DEFINE}`);
    expect({ code, result: JSON.parse(out) as unknown }).toMatchObject({
      code: 0,
      result: { lock: 'events.lock.json' },
    });
    expect(err).toBe('hello\nhi\nthere');
  });

  it('shows the version of the package', async () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- what it should be
    const { version } = require('../../package.json') as { version: string };
    expect(await run('', '--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

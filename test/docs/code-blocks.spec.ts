import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docsPages, readPage, root, withoutHooksWarning } from './pages';

const run = promisify(execFile);

interface Block {
  /** `docs/events/context.md 2`. */
  readonly place: string;
  readonly flags: string;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  return [...readPage(page).matchAll(/^```ts ?(.*)\n([^]*?)^```$/gm)].map(([, flags = '', code = ''], at) => ({
    place: `${page} ${String(at + 1)}`,
    flags,
    code,
  }));
}

describe('The documentation', () => {
  // Inside the project, so that its packages are found; a folder that git ignores.
  let folder = '';
  beforeAll(async () => {
    await mkdir(join(root, 'coverage'), { recursive: true });
    folder = await mkdtemp(join(root, 'coverage', 'docs-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('shows code that compiles under strict, as it stands', async () => {
    const blocks = ['README.md', ...docsPages].flatMap(blocksOf);
    expect(blocks.length).toBeGreaterThan(10);
    const files = blocks.map(({ place }) => `${place.replace(/\W+/g, '-')}.ts`);
    await Promise.all(blocks.map(({ code }, at) => writeFile(join(folder, files[at] ?? ''), code)));
    const options = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        ...options,
        compilerOptions: {
          paths: {
            'nestjs-event-tracking': ['../../src/entries/index.ts'],
            'nestjs-event-tracking/*': ['../../src/entries/*.ts'],
          },
        },
      }),
    );

    const compiler = require.resolve('typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  }, 240_000);

  it('begins with lines that print what the README says they print', async () => {
    const readme = readPage('README.md');
    const [first] = blocksOf('README.md').filter(({ flags }) => flags === 'run');
    const [, printed = ''] = /^```json\n([^]*?)^```$/m.exec(readme) ?? [];
    await writeFile(join(folder, 'first.ts'), first?.code ?? '');

    const { stdout } = await run(
      process.execPath,
      ['-r', join(root, 'scripts/swc-register.cjs'), join(folder, 'first.ts')],
      { cwd: root },
    );
    expect(timeless(withoutHooksWarning(stdout))).toBe(timeless(printed));
  }, 60_000);

  it.each(docsPages.filter((page) => page.startsWith('docs/recipes/') && readPage(page).includes('```ts run')))(
    'has a program in %s that prints what the page says it prints',
    async (page) => {
      const [program] = blocksOf(page).filter(({ flags }) => flags === 'run');
      const [, printed = ''] = /^```text\n([^]*?)^```$/m.exec(readPage(page)) ?? [];
      const own = await mkdtemp(join(folder, 'program-'));
      await writeFile(join(own, 'program.ts'), program?.code ?? '');

      const arguments_ = ['-r', join(root, 'scripts/swc-register.cjs'), 'program.ts'];
      const { stdout, stderr } = await run(process.execPath, arguments_, { cwd: own });
      expect({ stdout: withoutHooksWarning(stdout), stderr }).toEqual({ stdout: printed, stderr: '' });
    },
    60_000,
  );

  it.each(['README.md', 'docs/introduction/quick-start.md'])(
    'has a module and a controller in %s that write the events shown below them',
    async (page) => {
      const application = blocksOf(page).find(({ code }) => code.includes("@Controller('courses"));
      const [shown = ''] = /^```text\n\{"name":[^]*?^```$/m.exec(readPage(page)) ?? [];
      const own = await mkdtemp(join(folder, 'application-'));
      await writeFile(join(own, 'app.module.ts'), application?.code ?? '');
      await writeFile(join(own, 'main.ts'), MAIN);

      await run(process.execPath, ['-r', join(root, 'scripts/swc-register.cjs'), 'main.ts'], { cwd: own });
      const events = (await readFile(join(own, 'tracking.log'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { name: string; data: object; context: object });
      expect(events.map(({ name }) => name)).toEqual([...shown.matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name));
      for (const { data } of events) expect(shown).toContain(`"data":${JSON.stringify(data)}`);
      const [, context = '{}'] = /"context":(\{"[^}]*\})/.exec(shown) ?? [];
      // fetch adds headers that curl does not send, so the event may have more fields.
      expect(Object.keys(events[0]?.context ?? {})).toEqual(expect.arrayContaining(Object.keys(JSON.parse(context))));
    },
    60_000,
  );
});

/** Starts the application of a page, sends the request that the page shows, and stops. */
const MAIN = `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function main() {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  await fetch((await app.getUrl()) + '/courses/DemoX/enrollment', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'curl/8.5.0' },
    body: '{"mode":"audit"}',
  });
  await app.close();
}
void main();
`;

function timeless(lines: string): string {
  return lines.replace(/"timestamp":"[^"]+"/g, '"timestamp":"…"').replace(/"id":"[^"]+"/g, '"id":"…"');
}

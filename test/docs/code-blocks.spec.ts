import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);

interface Block {
  /** `docs/context.md 2`. */
  readonly place: string;
  readonly flags: string;
  readonly code: string;
}

async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(page, 'utf8');
  return [...text.matchAll(/^```ts ?(.*)\n([^]*?)^```$/gm)].map(([, flags = '', code = ''], at) => ({
    place: `${relative(root, page)} ${String(at + 1)}`,
    flags,
    code,
  }));
}

async function allBlocks(): Promise<Block[]> {
  const docs = (await readdir(join(root, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name));
  return (await Promise.all([join(root, 'README.md'), ...docs].map(blocksOf))).flat();
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
    const blocks = await allBlocks();
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
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [first] = (await blocksOf(join(root, 'README.md'))).filter(({ flags }) => flags === 'run');
    const [, printed = ''] = /^```json\n([^]*?)^```$/m.exec(readme) ?? [];
    await writeFile(join(folder, 'first.ts'), first?.code ?? '');

    const { stdout } = await run(
      process.execPath,
      ['-r', join(root, 'scripts/swc-register.cjs'), join(folder, 'first.ts')],
      { cwd: root },
    );
    expect(timeless(stdout)).toBe(timeless(printed));
  }, 60_000);

  it('links only to what is there', async () => {
    const pages = [
      join(root, 'README.md'),
      ...(await readdir(join(root, 'docs')))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(root, 'docs', name)),
    ];
    const missing: string[] = [];
    for (const page of pages) {
      for (const [, target = ''] of (await readFile(page, 'utf8')).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        await readFile(resolve(page, '..', target)).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EISDIR') missing.push(`${relative(root, page)}: ${target}`);
        });
      }
    }
    expect(missing).toEqual([]);
  });
});

function timeless(lines: string): string {
  return lines.replace(/"timestamp":"[^"]+"/g, '"timestamp":"…"').replace(/"id":"[^"]+"/g, '"id":"…"');
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const script = join(__dirname, '../../scripts/check-cycles.mjs');
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs the script on files with these contents. */
function check(files: Readonly<Record<string, string>>): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'cycles-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { status, output: stderr };
}

describe('check-cycles', () => {
  it('accepts files that import each other in one direction only', () => {
    const files = { 'a.ts': "import { b } from './b';", 'b.ts': "export * from './sub';", 'sub/index.ts': '' };
    expect(check(files)).toEqual({ status: 0, output: '' });
  });

  it('names the files of a cycle, in sub-folders too', () => {
    const { status, output } = check({
      'a.ts': "import { b } from './sub/b';",
      'sub/b.ts': "export { c } from '../c';",
      'c.ts': "const a = await import('./a');",
      'd.ts': "import './a';",
    });
    expect(status).toBe(1);
    expect(output).toMatch(/^Files import each other: a, c, sub\/b\nFix: /);
  });

  it('counts imports of types', () => {
    const files = { 'a.ts': "import type { B } from './b';", 'b.ts': "import { type A } from './a';" };
    expect(check(files).output).toContain('Files import each other: a, b');
  });

  it('reports each cycle once, and a file that imports itself', () => {
    const { output } = check({
      'a.ts': "import './b';",
      'b.ts': "import './a';",
      'c.ts': "import './d';\nimport './a';",
      'd.ts': "import './c';",
      'e.ts': "import './e';",
    });
    expect(output.split('\n').slice(0, 3)).toEqual([
      'Files import each other: a, b',
      'Files import each other: c, d',
      'A file imports itself: e',
    ]);
  });
});

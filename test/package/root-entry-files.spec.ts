import { execFile } from 'node:child_process';
import { relative } from 'node:path';
import { promisify } from 'node:util';
import { manifest, root } from './packed-package';

const run = promisify(execFile);

/** Files that `load` reads in a new process, on top of those of an application without tracking. */
async function filesRead(load: string): Promise<string[]> {
  const script = `
    for (const name of ['reflect-metadata', 'rxjs', '@nestjs/common', '@nestjs/core', 'nestjs-cls']) require(name);
    const before = new Set(Object.keys(require.cache));
    (async () => {
      ${load};
      console.log(JSON.stringify(Object.keys(require.cache).filter((file) => !before.has(file))));
    })();`;
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: root });
  return (JSON.parse(stdout) as string[]).map((file) => relative(root, file).replaceAll('\\', '/'));
}

const OWN = ['dist/entries/index.js', 'dist/library/index.js'];
/** The log writer with its one dependency, and a file of Nest that `@nestjs/core` loads later. */
const FOREIGN = [
  'node_modules/@nestjs/core/injector/constants.js',
  'node_modules/atomic-sleep/',
  'node_modules/sonic-boom/',
];

// An application pays for each file at its start: 0.2 to 0.3 ms. No other file means no optional
// peer, no compiler of schemas and no HTTP client either.
describe('The root entry', () => {
  it.each([
    ['require', `require('${manifest.name}')`],
    ['import', `Object.entries(await import('${manifest.name}'))`],
  ])('reads two files of the package by %s, and nothing of other packages than the log writer', async (_, load) => {
    const files = await filesRead(load);
    expect(files.filter((file) => file.startsWith('dist/'))).toEqual(OWN);
    const foreign = files.filter((file) => !file.startsWith('dist/'));
    expect(foreign.filter((file) => !FOREIGN.some((allowed) => file.startsWith(allowed)))).toEqual([]);
  });

  it('shares its library with the other entries', async () => {
    const files = await filesRead(`require('${manifest.name}/testing'); require('${manifest.name}/openedx')`);
    expect(files).toContain(OWN[1]);
  });
});

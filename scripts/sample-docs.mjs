// `npm run sample:docs`: prints the catalog of the sample application into sample-app/docs, and brings its lock up to date; with
// --check it only looks whether they are. Ends with 1 if they are not.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
const commands = [
  ['check', ...(isCheck ? [] : ['--update'])],
  ['docs', '--out', 'docs/events', ...(isCheck ? ['--check'] : [])],
  ['docs', '--out', 'docs/html', '--format', 'html', ...(isCheck ? ['--check'] : [])],
];

for (const words of commands) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'catalog', ...words], {
    cwd: join(root, 'sample-app'),
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

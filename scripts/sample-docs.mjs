// @ts-check
// `npm run sample:docs`: generates sample-app/docs from the catalog of the sample application and
// updates its lock. With --check it changes nothing, and exits with 1 if a file is out of date.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
const commands = [
  ['check', ...(isCheck ? [] : ['--update'])],
  ['docs', '--out', 'docs/events', ...(isCheck ? ['--check'] : [])],
  ['docs', '--out', 'docs/html', '--format', 'html', ...(isCheck ? ['--check'] : [])],
];

for (const command of commands) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), 'catalog', ...command], {
    cwd: join(root, 'sample-app'),
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

// @ts-check
// `npm run sample:worker`: starts a worker of the sample application. You can start several. The
// sample is built only if the build is missing, because a build deletes the files that running
// processes load.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const worker = join(root, 'sample-app', 'dist', 'worker.js');

if (!existsSync(worker)) {
  const { status } = spawnSync('npm', ['run', 'build:sample'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import(worker);

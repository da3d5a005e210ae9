// `npm run sample:worker`: a worker of the sample application. Several may run beside one web process, so it builds only what
// is not there yet: two builds at once would take the files from under each other.
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

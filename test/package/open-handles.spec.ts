import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * `jest --detectOpenHandles` reports each async resource that is not destroyed. Node 20 has one for
 * each snapshot of a flow.
 */
it.each(['import', 'application'])(
  'No async resource is left of the %s, for a test runner to report',
  async (what) => {
    const script = join(__dirname, 'open-handles.child.ts');
    const { stdout } = await run(process.execPath, ['--expose-gc', '-r', './scripts/swc-register.cjs', script, what], {
      cwd: resolve(__dirname, '../..'),
    });
    expect(JSON.parse(stdout)).toEqual({ afterImport: [], left: [] });
  },
  60_000,
);

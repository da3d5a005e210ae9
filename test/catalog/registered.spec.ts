import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

describe('Register: a registered catalog', () => {
  it('lets the compiler check the names that are emitted, and the data with them', async () => {
    const project = resolve(__dirname, '../types/registered');
    const compiler = require.resolve('typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [compiler, '-p', join(project, 'tsconfig.json')]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  }, 180_000);
});

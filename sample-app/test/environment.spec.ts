import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** Returns variables of a process that has loaded src/environment.ts next to this `.env`. */
function environmentWith(file: string | undefined, set: Record<string, string> = {}): Record<string, string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'sample-app-'));
  if (file !== undefined) writeFileSync(join(folder, '.env'), file);
  const names = ['MONGO_URL', 'REDIS_URL', 'NODE_ENV', 'PORT'];
  const script = `require(${JSON.stringify(join(root, 'sample-app/src/environment.ts'))});
    process.stdout.write(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)))`;
  try {
    const args = ['-r', join(root, 'scripts/swc-register.cjs'), '-e', script];
    const values = execFileSync(process.execPath, args, { cwd: folder, env: set, encoding: 'utf8' });
    return Object.fromEntries((JSON.parse(values) as (string | null)[]).map((value, at) => [names[at], value]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('The environment of the sample', () => {
  it('has all variables of the file .env', () => {
    const file = 'MONGO_URL=mongodb://127.0.0.1:1/a\nREDIS_URL="redis://127.0.0.1:1"\nNODE_ENV=production\nPORT=0\n';
    expect(environmentWith(file)).toEqual({
      ...{ MONGO_URL: 'mongodb://127.0.0.1:1/a', REDIS_URL: 'redis://127.0.0.1:1', NODE_ENV: 'production', PORT: '0' },
    });
  });

  it('wins over the file', () => {
    expect(environmentWith('PORT=1\n', { PORT: '2' }).PORT).toBe('2');
  });

  it('needs no file', () => {
    expect(environmentWith(undefined)).toEqual({
      MONGO_URL: null,
      REDIS_URL: null,
      NODE_ENV: 'development',
      PORT: null,
    });
  });

  it.each(['main', 'worker'])('is loaded by %s.ts before everything that reads it', (file) => {
    const code = readFileSync(join(root, `sample-app/src/${file}.ts`), 'utf8');
    expect(code).toMatch(/^import '\.\/environment';\n/);
  });
});

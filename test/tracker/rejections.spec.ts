import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface Run {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(mode: string, ...args: string[]): Promise<Run> {
  const command = [`--unhandled-rejections=${mode}`, '-r', './scripts/swc-register.cjs'];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...command, join(__dirname, 'rejections.child.ts'), ...args],
      { cwd: ROOT },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

/** Without frames and numbers: those of the decorated method have the decorator in between. */
function report({ code, stdout, stderr }: Run): object {
  const lines = stderr.split('\n').filter((line) => !/^\s+at /.test(line));
  return { code, stdout, stderr: lines.map((line) => line.replace(/\(node:\d+\)|:\d+/g, '')) };
}

describe('A rejection of a decorated method that nobody handles', () => {
  it.each(['strict', 'throw', 'warn', 'none'])('ends the process as without it: %s', async (mode) => {
    const [plain, tracked] = await Promise.all([run(mode, 'crash', 'plain'), run(mode, 'crash', 'tracked')]);
    expect(report(tracked)).toEqual(report(plain));
    expect(plain.code).toBe(mode === 'strict' || mode === 'throw' ? 1 : 0);
    expect(plain.stderr.includes('refused')).toBe(mode !== 'none');
  });

  it('is reported as often as without it, whatever the caller does with the promise', async () => {
    const { stdout, stderr } = await run('warn', 'compare');
    const compared = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; without: string[]; with: string[] });
    expect(stderr).not.toContain('TypeError');
    expect(compared.map((each) => ({ what: each.what, reports: each.with }))).toEqual(
      compared.map((each) => ({ what: each.what, reports: each.without })),
    );
    expect(compared).toHaveLength(65);
    expect(compared.filter(({ without }) => without.length > 0).length).toBeGreaterThan(30);
  });
});

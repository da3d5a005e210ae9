import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const script = join(__dirname, '../../scripts/check-commits.mjs');
const check = (...subjects: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [script], { input: subjects.join('\n'), encoding: 'utf8' });
  return { status, stderr };
};

describe('check-commits', () => {
  it('accepts conventional subjects of at most 72 characters', () => {
    expect(check('fix(kafka): wait for brokers', 'feat!: drop Node 18', `docs: ${'x'.repeat(66)}`)).toEqual({
      status: 0,
      stderr: '',
    });
  });

  it.each([
    ['a subject without a type', 'Wait for brokers', 'does not begin with'],
    ['a type that is not one', 'fixes: wait', 'does not begin with'],
    ['a subject that is too long', `docs: ${'x'.repeat(67)}`, 'more than 72 characters'],
  ])('names %s', (_, subject, problem) => {
    const { status, stderr } = check('fix: something', subject);
    expect(status).toBe(1);
    expect(stderr).toContain(`"${subject}"`);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain('fix: something"');
  });
});

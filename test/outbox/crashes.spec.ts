import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describeWithServices } from '../support/services';
import { until } from '../support/until';
import { outboxSchema, startOutbox, type OutboxSchema } from './outbox-parts';

const ROOT = join(__dirname, '../..');

describeWithServices(['postgres'], 'An outbox of a process that is killed', ({ postgres }) => {
  /** Resolves when the process of relay.child.ts was killed. */
  async function killed({ name }: OutboxSchema, moment: 'before' | 'after' | 'arrives'): Promise<void> {
    const script = ['-r', './scripts/swc-register.cjs', join(__dirname, 'relay.child.ts')];
    const child = spawn(process.execPath, [...script, postgres, name, moment], { cwd: ROOT, stdio: 'ignore' });
    const [, signal] = (await once(child, 'exit')) as [unknown, NodeJS.Signals | null];
    expect(signal).toBe('SIGKILL');
  }

  const countCourses = async ({ name, query }: OutboxSchema): Promise<number> =>
    (await query(`SELECT 1 FROM ${name}.enrolments`)).length;

  it('has neither data nor events if it was killed before the commit', async () => {
    const schema = await outboxSchema(postgres);
    await killed(schema, 'before');
    expect([await countCourses(schema), await schema.rows()]).toEqual([0, []]);
  });

  it.each([
    ['between the commit and the relay', 'after'],
    ['while its relay had the events', 'arrives'],
  ] as const)('has its events sent by the next process if it was killed %s', async (_title, moment) => {
    const schema = await outboxSchema(postgres);
    await killed(schema, moment);
    expect([await countCourses(schema), (await schema.rows()).length]).toEqual([1, 3]);
    const { names } = await startOutbox(schema, { leaseMs: 3000, pollIntervalMs: 20 });
    await until(async () => (await schema.rows()).length === 0);
    expect(names()).toEqual(['a', 'b', 'c']);
  });
});

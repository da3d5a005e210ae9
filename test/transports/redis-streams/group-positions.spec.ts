import type { StreamStart } from '../../../src/transports/redis-streams/redis-streams-consumer-options';
import { GroupPositions } from '../../../src/transports/redis-streams/group-positions';

/** Positions of the group `g` in the streams `a` and `b`, and what they do and report. */
function setUp(start: StreamStart = 'group') {
  const done: string[] = [];
  const missing = new Set(['a', 'b']);
  const replies: Record<string, [number, number] | Error> = { a: [0, 0], b: [0, 0] };
  const group = {
    create: (key: string, from: string): Promise<boolean> => {
      done.push(`create ${key} ${from}`);
      return Promise.resolve(missing.delete(key));
    },
    move: (key: string, to: string): Promise<void> => {
      done.push(`move ${key} ${to}`);
      return Promise.resolve();
    },
    evaluate: (_script: string, key: string): Promise<unknown> => {
      const reply = replies[key];
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
  };
  const warnings: string[] = [];
  const reports = {
    missed: (count: number) => done.push(`missed ${String(count)}`),
    restarted: () => done.push('restarted'),
    warn: (text: string) => warnings.push(text),
  };
  const positions = new GroupPositions(group, ['a', 'b'], { group: 'g', start }, reports);
  return { positions, done, missing, replies, warnings };
}

describe('GroupPositions', () => {
  it.each([
    ['group', '0', []],
    ['beginning', '0', ['move b 0']],
    ['new', '$', ['move b $']],
  ] as const)("creates missing groups and moves existing ones for start '%s'", async (start, from, moves) => {
    const { positions, done, missing } = setUp(start);
    missing.delete('b');
    await positions.prepare();
    expect(done).toEqual([`create a ${from}`, `create b ${from}`, ...moves]);
  });

  it('creates a group that was lost later at the beginning, and reports it', async () => {
    const { positions, done, missing, warnings } = setUp('new');
    await positions.prepare();
    missing.add('b');
    await positions.prepare();
    expect(done.slice(2)).toEqual(['create a 0', 'create b 0', 'restarted']);
    expect(warnings).toEqual([expect.stringMatching(/the group "g" of the stream "b" was gone.*created again.*Fix: /)]);
  });

  it('applies start again if the first preparation fails', async () => {
    const { positions, done, missing } = setUp('new');
    missing.delete('a');
    const move = jest.spyOn(positions['group'], 'move').mockRejectedValueOnce(new Error('LOADING'));
    await expect(positions.prepare()).rejects.toThrow('LOADING');
    await positions.prepare();
    expect(move).toHaveBeenCalledTimes(2);
    expect(done.at(-1)).toBe('create b $');
  });

  it('reports entries that were removed before the first start, unless they are skipped anyway', async () => {
    const reported: string[] = [];
    for (const start of ['group', 'new'] as const) {
      const { positions, replies, done } = setUp(start);
      replies['a'] = [0, 7];
      await positions.prepare();
      reported.push(done.filter((each) => each.startsWith('missed')).join());
    }
    expect(reported).toEqual(['missed 7', '']);
  });

  it('starts without a position where Redis does not report one', async () => {
    const { positions, replies, warnings } = setUp();
    replies['a'] = new Error('ERR unknown');
    await positions.prepare();
    expect([positions.lag, warnings]).toEqual([undefined, []]);
  });

  it('adds up the lag of the streams, and reports each gap', async () => {
    const { positions, replies, done, warnings } = setUp();
    replies['a'] = [3, 0];
    replies['b'] = [4, 2];
    await positions.measure();
    expect([positions.lag, done]).toEqual([7, ['missed 2']]);
    expect(warnings).toEqual([expect.stringMatching(/the stream "b" had 2 entries removed before.*Fix: /)]);
  });

  it('knows no lag if one stream has none', async () => {
    const { positions, replies } = setUp();
    replies['a'] = [3, 0];
    replies['b'] = [-1, 0];
    await positions.measure();
    expect(positions.lag).toBeUndefined();
  });
});

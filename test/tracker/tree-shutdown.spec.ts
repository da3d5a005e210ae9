import type { EnvelopeBackend } from '../../src/routing/contracts';
import type { QueueInTree } from '../../src/tracker/running-tree';
import { TreeShutdown } from '../../src/tracker/tree-shutdown';
import { fakeClock, pass } from '../delivery/fake-clock';

type Step = (name: string) => () => Promise<void>;

interface Parts {
  readonly step?: Step;
  readonly consumers?: number;
  readonly timeoutMs?: number;
}

/**
 * Shuts down a tree of one local queue, one outside queue and one child; each part notes its calls.
 */
function shutdown({ step, consumers = 1, timeoutMs = 10_000 }: Parts = {}) {
  const calls: string[] = [];
  const times: Record<string, number> = {};
  const note = (name: string, timeMs?: number): void => {
    calls.push(name);
    if (timeMs !== undefined) times[name] = timeMs;
  };
  const run = (name: string, timeMs?: number): Promise<void> => {
    note(name, timeMs);
    return step?.(name)() ?? Promise.resolve();
  };
  const writer = (name: string): EnvelopeBackend => ({
    accept: () => undefined,
    flush: () => run(`flush ${name}`),
    drain: (timeMs) => run(`drain ${name}`, timeMs),
  });
  const queue = (name: string, isLocal: boolean): QueueInTree =>
    ({
      sink: writer(name),
      work: { stop: () => note(`stop ${name}`) },
      backend: {
        queue: {
          isLocal,
          endWork: (timeMs: number) => run(`end ${name}`, timeMs),
          giveBack: () => run(`give back ${name}`),
        },
      },
    }) as unknown as QueueInTree;
  const [local, outside, child] = [queue('local', true), queue('outside', false), writer('child')];
  const tree = {
    queues: () => [local, outside],
    localQueues: () => [local],
    writersBeside: () => [outside.sink!, child],
  };
  const host = {
    count: consumers,
    end: (timeMs: number) => run('end consumers', timeMs),
    stop: () => note('stop consumers'),
    close: () => run('close consumers'),
  };
  const ended = new TreeShutdown(tree, host, performance.now() + timeoutMs).run();
  return { ended, calls, times };
}

const at =
  (name: string, behave: () => Promise<void>): Step =>
  (called) =>
    called === name ? behave : () => Promise.resolve();
const never = (): Promise<void> => new Promise(() => undefined);
const failing = (): Promise<void> => Promise.reject(new Error('broken'));

beforeEach(fakeClock);
afterEach(() => jest.useRealTimers());

describe('TreeShutdown', () => {
  it('ends the input, drains the children, and lets the queues keep the rest, in this order', async () => {
    const { ended, calls } = shutdown();
    await ended;
    expect(calls).toEqual([
      ...['end consumers', 'end local', 'end outside', 'flush local'],
      ...['stop local', 'stop outside', 'stop consumers'],
      ...['drain outside', 'drain child'],
      ...['drain local', 'give back local', 'give back outside'],
      'close consumers',
    ]);
  });

  it('gives the queues half of the time, and keeps a quarter for the consumers', async () => {
    const { ended, times } = shutdown();
    await ended;
    expect(times).toEqual({
      ...{ 'end consumers': 3750, 'end local': 3750, 'end outside': 3750 },
      ...{ 'drain outside': 7500, 'drain child': 7500, 'drain local': 0 },
    });
  });

  it('keeps at most five seconds for the consumers', async () => {
    const { ended, times } = shutdown({ timeoutMs: 60_000 });
    await ended;
    expect(times).toMatchObject({ 'end local': 27_500, 'drain child': 55_000 });
  });

  it('keeps no time for consumers if there are none', async () => {
    const { ended, times } = shutdown({ consumers: 0 });
    await ended;
    expect(times).toMatchObject({ 'end local': 5000, 'drain child': 10_000 });
  });

  it('works the queues off before anything stops', async () => {
    const { ended, calls } = shutdown({ step: at('end outside', () => wait(100)) });
    await pass(99);
    expect(calls).not.toContain('stop local');
    await pass(1);
    await ended;
    expect(calls).toContain('stop local');
  });

  it.each(['end consumers', 'end outside', 'flush local'])(
    'continues after half of the time if %s hangs',
    async (name) => {
      const { ended, calls, times } = shutdown({ step: at(name, never) });
      await pass(3749);
      expect(calls).not.toContain('stop consumers');
      await pass(2);
      await ended;
      expect(calls.slice(-3)).toEqual(['give back local', 'give back outside', 'close consumers']);
      expect(times['drain child']).toBeCloseTo(3750, -2);
    },
  );

  it.each(['end consumers', 'end outside', 'flush local', 'drain child', 'drain local', 'give back local'])(
    'goes through all steps if %s fails',
    async (name) => {
      const { ended, calls } = shutdown({ step: at(name, failing) });
      await ended;
      expect(calls).toEqual(
        expect.arrayContaining(['drain outside', 'drain local', 'give back outside', 'close consumers']),
      );
    },
  );

  it.each(['give back outside', 'close consumers'])('does not wait for %s beyond the deadline', async (name) => {
    const { ended } = shutdown({ step: at(name, never) });
    const after = jest.fn();
    void ended.then(after);
    await pass(9990);
    expect(after).not.toHaveBeenCalled();
    await pass(1010);
    expect(after).toHaveBeenCalled();
  });

  it('gives queues and consumers a second each, even if no time is left', async () => {
    const { ended, calls } = shutdown({ timeoutMs: 0, step: at('give back local', () => wait(999)) });
    await pass(998);
    expect(calls.at(-1)).toBe('give back outside');
    await pass(1);
    await ended;
    expect(calls.at(-1)).toBe('close consumers');
  });

  it('never counts below zero where the deadline has passed', async () => {
    const { ended, times } = shutdown({ timeoutMs: -500 });
    await ended;
    expect(Object.values(times)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

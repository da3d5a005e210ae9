import type { EnvelopeBackend } from '../../src/routing/contracts';
import { flushTree, type LocalQueue } from '../../src/tracker/tree-flush';

/** Calls of one test; a flush that has ended may still look at its queue. */
let calls: string[];

beforeEach(() => {
  calls = [];
});

function writer(name: string, flush: () => Promise<void> = () => Promise.resolve()): EnvelopeBackend {
  const own = calls;
  return {
    accept: () => undefined,
    flush: () => {
      own.push(name);
      return flush();
    },
  };
}

/** A queue that has settled as many events as `settled` says. */
function queue(name: string, flush: () => Promise<void>, settled = { count: 0 }): LocalQueue {
  const own = calls;
  const delivery = () => ({ accepted: 10, delivered: 0, dropped: {}, pending: 10 - settled.count });
  const work = {
    whenAtRest: () => {
      own.push(`rest ${name}`);
      return Promise.resolve();
    },
  };
  return { sink: { ...writer(name, flush), delivery }, work: work as unknown as LocalQueue['work'] };
}

const never = (): Promise<void> => new Promise(() => undefined);

describe('flushTree', () => {
  it('flushes all writers of a tree without queues', async () => {
    await flushTree([], [writer('a'), writer('b', () => Promise.reject(new Error('broken'))), writer('c')]);
    expect(calls).toEqual(['a', 'b', 'c']);
  });

  it('flushes a queue, and afterwards the writers behind it', async () => {
    const flushed = { isDone: false };
    const behind = writer('behind', () => {
      expect(flushed.isDone).toBe(true);
      return Promise.resolve();
    });
    const first = queue('queue', () => {
      flushed.isDone = true;
      return Promise.resolve();
    });
    await flushTree([first], [behind]);
    expect(calls.filter((call) => call === 'behind').length).toBeGreaterThan(0);
  });

  it('ends if a queue cannot continue, because its children do not deliver', async () => {
    await flushTree([queue('queue', never)], [writer('behind')]);
    expect(calls).toContain('behind');
    expect(calls.filter((call) => call === 'rest queue')).toHaveLength(1);
  });

  it('waits for a queue as long as it settles events', async () => {
    const settled = { count: 0 };
    const behind = writer('behind', () => {
      settled.count = Math.min(settled.count + 1, 3);
      return Promise.resolve();
    });
    await flushTree([queue('queue', never, settled)], [behind]);
    expect(settled.count).toBe(3);
    expect(calls.filter((call) => call === 'rest queue')).toHaveLength(4);
  });

  it('flushes the queues from the top', async () => {
    await flushTree([queue('outer', () => Promise.resolve()), queue('inner', () => Promise.resolve())], [writer('w')]);
    const order = calls.filter((call) => !call.startsWith('rest'));
    expect(order.indexOf('outer')).toBeLessThan(order.indexOf('inner'));
    expect(order.at(-1)).toBe('w');
  });

  it('does not wait for a queue that is flushed, although its children never rest', async () => {
    const first = queue('queue', () => Promise.resolve());
    const work = { whenAtRest: never } as unknown as LocalQueue['work'];
    await flushTree([{ ...first, work }], [writer('w')]);
    expect(calls.at(-1)).toBe('w');
  });

  it('flushes a queue that has nothing to flush', async () => {
    const work = { whenAtRest: () => Promise.resolve() } as unknown as LocalQueue['work'];
    await flushTree([{ sink: undefined, work }], [writer('w')]);
    expect(calls.at(-1)).toBe('w');
  });
});

import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { startTracker } from './start-tracker';
import { deferred } from '../support/deferred';
import { fail } from '../support/fail';

describe('The body of context()', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'text'],
    ['an object', { a: 1 }],
    ['an array', [1]],
    ['a function', () => 1],
    ['an emitter', new EventEmitter()],
    ['a readable stream', Readable.from(['a'])],
    ['a Map', new Map([[1, 2]])],
    ['a text as an object', Object('text')],
    ['a proxy', new Proxy({}, {})],
    ['a revoked proxy', revoked()],
    ['an object that throws when it is looked at', new Proxy({}, { get: () => fail(new Error('looked at')) })],
  ])('gives back what it returns: %s', async (_kind, value) => {
    const { tracker } = await startTracker();
    expect(tracker.context({}, () => value)).toBe(value);
    expect(tracker.context('named', {}, () => value)).toBe(value);
  });

  it('throws what it throws', async () => {
    const { tracker } = await startTracker();
    const error = new Error('the body failed');
    expect(() =>
      tracker.context({}, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('runs once, at once', async () => {
    const { tracker } = await startTracker();
    const body = jest.fn();
    tracker.context({}, body);
    expect(body).toHaveBeenCalledTimes(1);
  });
});

describe('A promise of a body', () => {
  it('carries the scope through every await, and its caller does not', async () => {
    const { tracker, contexts } = await startTracker();
    const deep = async (depth: number): Promise<void> => {
      await (depth % 3 === 0 ? turn() : Promise.resolve());
      if (depth > 0) await deep(depth - 1);
      tracker.emit('inside');
    };
    const running = tracker.context({ user_id: 1 }, () => deep(50));
    tracker.emit('outside');
    await running;
    tracker.emit('outside');
    expect(contexts('inside')).toEqual(new Array(51).fill({ user_id: 1 }));
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('keeps what was entered before an await', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      const load = async (): Promise<void> => {
        await turn();
        tracker.enterContext('course', { course: 'a' });
        await turn();
      };
      await load();
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user_id: 1, course: 'a' }, { user_id: 1 }]);
  });

  it('rejects with what the body rejects with, and its handlers run outside', async () => {
    const { tracker, contexts } = await startTracker();
    const error = new Error('the body failed');
    await tracker
      .context({ user_id: 1 }, async () => {
        await turn();
        tracker.emit('e');
        throw error;
      })
      .catch((caught: unknown) => {
        expect(caught).toBe(error);
        tracker.emit('e');
      });
    expect(contexts()).toEqual([{ user_id: 1 }, {}]);
  });
});

describe('Work that a body starts', () => {
  it('runs in the scope after the body has ended: timers of every kind', async () => {
    const { tracker, contexts } = await startTracker();
    let left = 6;
    await new Promise<void>((resolve) => {
      const tick = (): void => {
        tracker.emit('e');
        if (--left === 0) resolve();
      };
      tracker.context({ user_id: 1 }, () => {
        setTimeout(tick, 1);
        setImmediate(tick);
        process.nextTick(tick);
        queueMicrotask(tick);
        void Promise.resolve().then(tick);
        const interval = setInterval(() => {
          clearInterval(interval);
          tick();
        }, 1);
      });
    });
    expect(contexts()).toEqual(new Array(6).fill({ user_id: 1 }));
  });

  it('runs in the scope: streams that are read and piped', async () => {
    const { tracker, contexts } = await startTracker();
    const ended = tracker.context({ user_id: 1 }, () => {
      const source = Readable.from(
        (async function* () {
          for (const chunk of ['a', 'b']) {
            await turn();
            tracker.emit('made');
            yield chunk;
          }
        })(),
      );
      source.on('data', () => tracker.emit('read'));
      return once(source, 'end');
    });
    await ended;
    expect(contexts('made')).toEqual([{ user_id: 1 }, { user_id: 1 }]);
    expect(contexts('read')).toEqual([{ user_id: 1 }, { user_id: 1 }]);
  });

  it('runs in the scope of the code that emits: listeners of an event emitter', async () => {
    const { tracker, contexts } = await startTracker();
    const emitter = new EventEmitter();
    tracker.context({ listener: true }, () => {
      emitter.on('order', () => tracker.emit('e'));
    });
    tracker.context({ emitter: true }, () => emitter.emit('order'));
    emitter.emit('order');
    expect(contexts()).toEqual([{ emitter: true }, {}]);
  });
});

describe('Parallel branches of one scope', () => {
  it('share the values that they enter there', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      const entered = deferred();
      await Promise.all([
        (async () => {
          await turn();
          tracker.enterContext('branch', { branch: 'a' });
          entered.resolve();
        })(),
        (async () => {
          tracker.emit('e');
          await entered.promise;
          tracker.emit('e');
          tracker.exitContext('branch');
        })(),
      ]);
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user_id: 1 }, { user_id: 1, branch: 'a' }, { user_id: 1 }]);
  });

  it('do not share the values that they enter in scopes of their own', async () => {
    const { tracker, contexts } = await startTracker();
    await tracker.context({ user_id: 1 }, async () => {
      await Promise.all(
        ['a', 'b', 'c'].map((branch) =>
          tracker.context({ branch }, async () => {
            for (let round = 0; round < 3; round++) {
              tracker.enterContext('round', { round, entered_by: branch });
              await turn();
              tracker.emit(branch);
              tracker.exitContext('round');
            }
          }),
        ),
      );
      tracker.emit('joined');
    });
    for (const branch of ['a', 'b', 'c']) {
      expect(contexts(branch)).toEqual([0, 1, 2].map((round) => ({ user_id: 1, branch, round, entered_by: branch })));
    }
    expect(contexts('joined')).toEqual([{ user_id: 1 }]);
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  currentTracker,
  InvalidContextException,
  TrackerService,
  UnknownContextException,
  type EventFields,
} from 'nestjs-event-tracking';
import { startTracker } from './start-tracker';

describe('A scope', () => {
  it('gives its values to every event emitted in it, and to none after it', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.emit('before');
    tracker.context({ user_id: 1 }, () => {
      tracker.emit('inside');
      tracker.emit('inside');
    });
    tracker.emit('after');
    expect(contexts()).toEqual([{}, { user_id: 1 }, { user_id: 1 }, {}]);
  });

  it('adds to the scope around it, and wins where both have a key', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ user_id: 1, course: 'a' }, () => {
      tracker.context({ course: 'b', problem: 7 }, () => {
        tracker.context({ problem: 8 }, () => tracker.emit('e'));
        tracker.emit('e');
      });
      tracker.emit('e');
    });
    expect(contexts()).toEqual([
      { user_id: 1, course: 'b', problem: 8 },
      { user_id: 1, course: 'b', problem: 7 },
      { user_id: 1, course: 'a' },
    ]);
  });

  it('replaces a nested object as a whole', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ course: { id: 'a', run: '2026' } }, () => {
      tracker.context({ course: { id: 'b' } }, () => tracker.emit('e'));
    });
    expect(contexts()).toEqual([{ course: { id: 'b' } }]);
  });

  it('can hide a value behind null, but not behind undefined', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ user_id: 1, course: 'a' }, () => {
      tracker.context({ user_id: null, course: undefined }, () => tracker.emit('e'));
    });
    expect(contexts()).toEqual([{ user_id: null, course: 'a' }]);
  });

  it('keeps a key where it first stood', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ first: 1, second: 1 }, () => {
      tracker.context({ third: 2, first: 2 }, () => tracker.emit('e'));
      tracker.enterContext('later', { fourth: 3, second: 3 });
      tracker.emit('e');
    });
    expect(contexts().map((context) => Object.entries(context))).toEqual([
      [
        ['first', 2],
        ['second', 1],
        ['third', 2],
      ],
      [
        ['first', 1],
        ['second', 3],
        ['fourth', 3],
      ],
    ]);
  });

  it('ends when its body throws', async () => {
    const { tracker, contexts } = await startTracker();
    const failing = (): void =>
      tracker.context({ user_id: 1 }, () => {
        tracker.enterContext('course', { course: 'a' });
        throw new Error('the body failed');
      });
    expect(failing).toThrow('the body failed');
    tracker.emit('e');
    expect(contexts()).toEqual([{}]);
  });

  it('runs its body without values that are no object, and says so once', async () => {
    const { tracker, contexts, warnings } = await startTracker();
    const given = [undefined, null, 'text', 7, ['a']] as unknown as object[];
    tracker.context({ user_id: 1 }, () => {
      for (const values of given) expect(tracker.context(values, () => (tracker.emit('e'), 'result'))).toBe('result');
    });
    expect(contexts()).toEqual(given.map(() => ({ user_id: 1 })));
    expect(warnings.texts).toEqual([expect.stringContaining('context("context") was given undefined')]);
  });

  it('never touches a prototype', async () => {
    const { tracker, contexts } = await startTracker();
    const hostile = JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": 2, "toString": 3 }') as object;
    tracker.context(hostile, () => {
      tracker.enterContext('__proto__', hostile);
      tracker.emit('e');
      tracker.exitContext('__proto__');
    });
    expect(Object.keys(contexts()[0]!)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as EventFields)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(contexts()[0])).toBe(Object.prototype);
  });

  it('keeps every value of five hundred scopes inside each other', async () => {
    const { tracker, contexts } = await startTracker();
    let emitInside = (): void => tracker.emit('e');
    const expected: EventFields = {};
    for (let level = 500; level > 0; level--) {
      const inner = emitInside;
      emitInside = () => tracker.context({ [`level_${level}`]: level, innermost: level }, inner);
      expected[`level_${level}`] = level;
    }
    emitInside();
    expect(contexts()).toEqual([{ ...expected, innermost: 500 }]);
  });

  // A job that begins its next round with a timer, inside its own scope, opens each round's scope
  // in that of the last one.
  it('can be opened inside itself forever, by a loop that reschedules itself, and holds no memory of it', async () => {
    const { tracker, contexts } = await startTracker();
    const collect = garbageCollector();
    const heapAt: number[] = [];
    await new Promise<void>((resolve) => {
      const round = (at: number): void =>
        tracker.context('round', { round: at, text: 'x'.repeat(100) }, () => {
          if (at % 10_000 === 0) {
            collect();
            heapAt.push(process.memoryUsage().heapUsed);
            tracker.emit('e');
          }
          if (at < 30_000) setImmediate(round, at + 1);
          else resolve();
        });
      tracker.context({ job: 'poll' }, () => round(1));
    });
    expect(contexts().map(({ job, round }) => [job, round])).toEqual(
      [10_000, 20_000, 30_000].map((at) => ['poll', at]),
    );
    expect(heapAt[2]! - heapAt[1]!).toBeLessThan(1_000_000);
  }, 120_000);
});

describe('What is entered', () => {
  it('goes into the nearest open scope, and ends with it', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ user_id: 1 }, () => {
      tracker.context({ problem: 7 }, () => {
        tracker.enterContext('attempt', { attempt: 1 });
        tracker.emit('e');
      });
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user_id: 1, problem: 7, attempt: 1 }, { user_id: 1 }]);
  });

  it('wins over what the scope was opened with, and over what was entered before', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ course: 'a' }, () => {
      tracker.enterContext('one', { course: 'b' });
      tracker.enterContext('two', { course: 'c' });
      tracker.emit('e');
      tracker.exitContext('two');
      tracker.emit('e');
      tracker.exitContext('one');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ course: 'c' }, { course: 'b' }, { course: 'a' }]);
  });

  it('stacks under one name: leaving it shows what it hid', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({}, () => {
      tracker.enterContext('course', { course: 'a', run: 1 });
      tracker.enterContext('course', { course: 'b' });
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ course: 'b', run: 1 }, { course: 'a', run: 1 }, {}]);
  });

  it('becomes the latest when it is entered again', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({}, () => {
      tracker.enterContext('course', { course: 'a' });
      tracker.enterContext('other', { course: 'b' });
      tracker.enterContext('course', { course: 'c' });
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ course: 'c' }, { course: 'b' }]);
  });

  it('can be left in any order', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({}, () => {
      tracker.enterContext('a', { a: 1, shared: 'a' });
      tracker.enterContext('b', { b: 2, shared: 'b' });
      tracker.enterContext('c', { c: 3 });
      tracker.exitContext('a');
      tracker.emit('e');
      tracker.exitContext('c');
      tracker.emit('e');
      tracker.exitContext('b');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ b: 2, shared: 'b', c: 3 }, { b: 2, shared: 'b' }, {}]);
  });

  it('may have the name that a scope was opened under, and is left first', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context('course', { course: 'a' }, () => {
      tracker.enterContext('course', { course: 'b' });
      tracker.exitContext('course');
      tracker.emit('e');
      tracker.exitContext('course');
      tracker.emit('e');
    });
    tracker.emit('e');
    expect(contexts()).toEqual([{ course: 'a' }, {}, {}]);
  });

  it('is a copy: what the caller changes afterwards is not in later events', async () => {
    const { tracker, contexts } = await startTracker();
    const values = { user: { id: 1 }, tags: ['a'], at: new Date(0) };
    tracker.context(values, () => {
      tracker.enterContext('entered', values);
      values.user.id = 2;
      values.tags.push('b');
      values.at.setFullYear(2030);
      (values as EventFields)['added'] = true;
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ user: { id: 1 }, tags: ['a'], at: new Date(0) }]);
  });

  it('takes its normal form once, in the scope: a getter is read when it is entered', async () => {
    const { tracker, contexts } = await startTracker();
    let reads = 0;
    const values = {
      get user_id() {
        return ++reads;
      },
      ids: new Set([1n]),
    };
    tracker.context(values, () => {
      tracker.emit('e');
      tracker.emit('e');
    });
    expect(contexts()).toEqual([
      { user_id: 1, ids: ['1'] },
      { user_id: 1, ids: ['1'] },
    ]);
  });
});

describe('exitContext', () => {
  it('throws UnknownContextException for a name that is not open, and changes nothing', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context('outer', { a: 1 }, () => {
      tracker.context('inner', { b: 2 }, () => {
        tracker.enterContext('entered', { c: 3 });
        expect(() => tracker.exitContext('nobody')).toThrow(UnknownContextException);
        tracker.emit('e');
      });
    });
    expect(contexts()).toEqual([{ a: 1, b: 2, c: 3 }]);
  });

  it('does not leave what an outer scope has entered', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context('outer', { a: 1 }, () => {
      tracker.context('inner', { b: 2 }, () => {
        expect(() => tracker.exitContext('outer')).toThrow(UnknownContextException);
      });
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ a: 1 }]);
  });

  it('names what is open, innermost first, and the fix', async () => {
    const { tracker } = await startTracker();
    let thrown: unknown;
    tracker.context('outer', { a: 1 }, () => {
      tracker.context('inner', { b: 2 }, () => {
        tracker.enterContext('entered', { c: 3 });
        try {
          tracker.exitContext('nobody "here"');
        } catch (error) {
          thrown = error;
        }
      });
    });
    expect(thrown).toMatchObject({
      name: 'UnknownContextException',
      context: 'nobody "here"',
      openContexts: ['entered', 'inner', 'outer'],
      message: expect.stringMatching(/"nobody \\"here\\"".*innermost first: "entered", "inner", "outer"[^]*Fix: /),
    });
  });

  it('throws outside of every scope too, and says that none is open', async () => {
    const { tracker } = await startTracker();
    expect(() => tracker.exitContext('nobody')).toThrow(/none is open/);
  });
});

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('enterContext', () => {
  it('is not warned of where an application says what holds for the whole process: before it has started', async () => {
    @Injectable()
    class Release implements OnModuleInit {
      constructor(private readonly tracker: TrackerService) {}
      onModuleInit(): void {
        this.tracker.enterContext('release', { release: 'v1' });
      }
    }
    const { tracker, contexts, warnings } = await startTracker({}, { providers: [Release] });
    tracker.emit('e');
    expect(contexts()).toEqual([{ release: 'v1' }]);
    expect(warnings.texts).toEqual([]);
  });

  it('leaves context() unharmed: its body runs without what has no keys', async () => {
    const { tracker, contexts, warnings } = await startTracker();
    const results = [revokedProxy(), Promise.resolve({}), new Date()].map((values) =>
      tracker.context(values, () => {
        tracker.emit('e');
        return 'result';
      }),
    );
    expect(results).toEqual(['result', 'result', 'result']);
    expect(contexts()).toEqual([{}, {}, {}]);
    expect(warnings.texts.join('\n')).toContain('its body runs without it');
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'user_id=1'],
    ['a number', 7],
    ['true', true],
    ['an array', [['user_id', 1]]],
    ['a function', () => ({ user_id: 1 })],
    ['a symbol', Symbol('user')],
    ['a promise, of a forgotten await', Promise.resolve({ user_id: 1 })],
    ['a date', new Date()],
    ['a Set', new Set([1])],
    ['a URL', new URL('http://a.example')],
    ['a revoked proxy', revokedProxy()],
  ])('throws InvalidContextException for %s and enters nothing', async (_kind, values) => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ a: 1 }, () => {
      expect(() => tracker.enterContext('user', values as object)).toThrow(InvalidContextException);
      expect(() => tracker.exitContext('user')).toThrow(UnknownContextException);
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ a: 1 }]);
  });

  it('says what it was given and how to fix it', async () => {
    const { tracker } = await startTracker();
    expect(() => tracker.enterContext('user', 'ann' as unknown as object)).toThrow(
      /enterContext\("user", \.\.\.\) was given a string of 3 characters[^]*Fix: tracker\.enterContext\("user", \{/,
    );
  });

  it('takes an object without keys', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ a: 1 }, () => {
      tracker.enterContext('empty', {});
      tracker.emit('e');
      tracker.exitContext('empty');
    });
    expect(contexts()).toEqual([{ a: 1 }]);
  });
});

describe('The base scope', () => {
  it('gives what was entered at start to every event of the process, below every scope', async () => {
    @Injectable()
    class Release {
      constructor(tracker: TrackerService) {
        tracker.enterContext('release', { release: 'v1', region: 'eu' });
      }
    }
    const { tracker, contexts, warnings } = await startTracker({}, { providers: [Release] });
    tracker.emit('e');
    tracker.context({ region: 'us' }, () => tracker.emit('e'));
    expect(contexts()).toEqual([
      { release: 'v1', region: 'eu' },
      { release: 'v1', region: 'us' },
    ]);
    expect(warnings.texts).toEqual([]);
  });

  it('changes for scopes that are open already', async () => {
    const { tracker, contexts } = await startTracker();
    const outside = (body: () => void): void => body();
    let change = (): void => undefined;
    const { promise, resolve } = deferred();
    void promise.then(() => outside(change)); // this flow began outside of the scope
    const done = tracker.context({ user_id: 1 }, async () => {
      tracker.emit('e');
      const changed = new Promise<void>((settle) => {
        change = () => {
          tracker.enterContext('release', { release: 'v2' });
          settle();
        };
      });
      resolve();
      await changed;
      tracker.emit('e');
    });
    await done;
    expect(contexts()).toEqual([{ user_id: 1 }, { release: 'v2', user_id: 1 }]);
  });

  it('is warned about once when it is changed after the start', async () => {
    const { tracker, contexts, warnings } = await startTracker();
    tracker.enterContext('user', { user_id: 1 });
    tracker.enterContext('user', { user_id: 2 });
    tracker.context({}, () => tracker.enterContext('inside', { a: 1 }));
    tracker.emit('e');
    tracker.exitContext('user');
    tracker.exitContext('user');
    tracker.emit('e');
    expect(contexts()).toEqual([{ user_id: 2 }, {}]);
    expect(warnings.texts).toEqual([
      expect.stringMatching(/enterContext\("user"\) was called outside every scope[^]*Fix: tracker\.context/),
    ]);
  });

  it('is not warned about when an entry is made inside a scope', async () => {
    const { tracker, warnings } = await startTracker();
    tracker.context({}, () => tracker.enterContext('user', { user_id: 1 }));
    expect(warnings.texts).toEqual([]);
  });
});

describe('currentContext', () => {
  it('is what an event emitted here would carry', async () => {
    const { tracker } = await startTracker();
    expect(tracker.currentContext()).toEqual({});
    tracker.context({ user_id: 1 }, () => {
      tracker.enterContext('course', { course: { id: 'a' } });
      expect(tracker.currentContext()).toEqual({ user_id: 1, course: { id: 'a' } });
    });
    expect(tracker.currentContext()).toEqual({});
  });

  it('is a copy: changing it changes no event', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context({ course: { id: 'a' } }, () => {
      const context = tracker.currentContext() as { course: { id: string }; added?: boolean };
      context.course.id = 'b';
      context.added = true;
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ course: { id: 'a' } }]);
  });
});

describe('currentTracker', () => {
  it('is the tracker of the scope, and undefined outside of every scope', async () => {
    const { tracker } = await startTracker();
    expect(currentTracker()).toBeUndefined();
    await tracker.context({}, async () => {
      expect(currentTracker()).toBe(tracker);
      await Promise.resolve();
      expect(currentTracker()).toBe(tracker);
    });
    expect(currentTracker()).toBeUndefined();
  });

  it('does not count what was entered for the process as a scope', async () => {
    const { tracker } = await startTracker();
    tracker.enterContext('release', { release: 'v1' });
    expect(currentTracker()).toBeUndefined();
  });
});

/** Collects at once: a context made after the flag is set has the function, ours has not. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { currentTracker, type EventFields } from 'nestjs-event-tracking';
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

  it('adds to the outer scope, and wins where both have a key', async () => {
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

  it('keeps a key at its first position', async () => {
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

  it('runs its body without values if they are not an object, and warns once', async () => {
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

  it('keeps every value of five hundred nested scopes', async () => {
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
  it('can be opened inside itself forever, by a loop that reschedules itself, without using more memory', async () => {
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

describe('currentContext', () => {
  it('returns the context that an event emitted here would carry', async () => {
    const { tracker } = await startTracker();
    expect(tracker.currentContext()).toEqual({});
    tracker.context({ user_id: 1 }, () => {
      tracker.enterContext('course', { course: { id: 'a' } });
      expect(tracker.currentContext()).toEqual({ user_id: 1, course: { id: 'a' } });
    });
    expect(tracker.currentContext()).toEqual({});
  });

  it('returns a copy: changing it changes no event', async () => {
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
  it('returns the tracker of the scope, and undefined outside of every scope', async () => {
    const { tracker } = await startTracker();
    expect(currentTracker()).toBeUndefined();
    await tracker.context({}, async () => {
      expect(currentTracker()).toBe(tracker);
      await Promise.resolve();
      expect(currentTracker()).toBe(tracker);
    });
    expect(currentTracker()).toBeUndefined();
  });

  it('does not treat values entered for the process as a scope', async () => {
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

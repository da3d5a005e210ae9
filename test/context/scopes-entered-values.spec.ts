import { UnknownContextException, type EventFields } from 'nestjs-event-tracking';
import { startTracker } from './start-tracker';

describe('A value that is entered', () => {
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

  it('wins over the values of the scope, and over values entered earlier', async () => {
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

  it('stacks under one name: leaving it restores the value that it hid', async () => {
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

  it('may have the name of a scope, and is left first', async () => {
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

  it('is a copy: later changes by the caller are not in later events', async () => {
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

  it('is normalized once, in the scope: a getter is read when it is entered', async () => {
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

  it('does not leave a value that an outer scope has entered', async () => {
    const { tracker, contexts } = await startTracker();
    tracker.context('outer', { a: 1 }, () => {
      tracker.context('inner', { b: 2 }, () => {
        expect(() => tracker.exitContext('outer')).toThrow(UnknownContextException);
      });
      tracker.emit('e');
    });
    expect(contexts()).toEqual([{ a: 1 }]);
  });

  it('lists the open names, innermost first, and the fix', async () => {
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

  it('also throws outside of every scope, and says that none is open', async () => {
    const { tracker } = await startTracker();
    expect(() => tracker.exitContext('nobody')).toThrow(/none is open/);
  });
});

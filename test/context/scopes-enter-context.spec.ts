import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InvalidContextException, TrackerService, UnknownContextException } from 'nestjs-event-tracking';
import { startTracker } from './start-tracker';
import { deferred } from '../support/deferred';

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('enterContext', () => {
  it('does not warn where an application sets values for the whole process: before the start', async () => {
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

  it('does not affect context(): its body runs without values that have no keys', async () => {
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

  it('reports the invalid value and how to fix it', async () => {
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
  it('adds the values entered at start to every event of the process, below every scope', async () => {
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

  it('changes for scopes that are already open', async () => {
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

  it('causes one warning when it is changed after the start', async () => {
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

  it('causes no warning when a value is entered inside a scope', async () => {
    const { tracker, warnings } = await startTracker();
    tracker.context({}, () => tracker.enterContext('user', { user_id: 1 }));
    expect(warnings.texts).toEqual([]);
  });
});

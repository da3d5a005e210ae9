import { RequestStore, runInRequestStore } from '../../src/context/request-store';
import { bindFlow, frames } from '../../src/context/flow';
import { Scope } from '../../src/context/scope';
import type { AfterResponse } from '../../src/context/request-context-options';
import { currentScopesTracker, TrackerScopes } from '../../src/context/tracker-scopes';

class FakeRequestScope extends Scope {
  release(): void {}
  reopen(): void {}
}

function scopes(afterResponse?: AfterResponse) {
  const onUncertain = jest.fn();
  const tracker = {};
  const made = new TrackerScopes(tracker, onUncertain);
  made.afterResponse = afterResponse;
  return { scopes: made, tracker, onUncertain, values: () => made.view().values, emit: () => made.viewToEmit().values };
}

/** Runs code in a request that adds `{ path: '/' }` for the trackers. */
function inRequest<Result>(trackers: readonly TrackerScopes[], code: (store: RequestStore) => Result): Result {
  let result!: Result;
  let opened: RequestStore | undefined;
  runInRequestStore(
    {},
    undefined,
    (store) => {
      opened = store;
      for (const each of trackers)
        each.openRequest(store, (parent) => new FakeRequestScope(parent, [{ name: 'request', values: { path: '/' } }]));
    },
    () => {
      result = code(opened!);
    },
  );
  return result;
}

describe('TrackerScopes', () => {
  it('has no values outside every scope', () => {
    const { values, scopes: own } = scopes();
    expect(values()).toEqual({});
    expect(own.isOutside()).toBe(true);
  });

  it('adds values to the base scope outside every scope, for all flows', () => {
    const { scopes: own, values } = scopes();
    own.current().enter('release', { release: 'r1' });
    expect(values()).toEqual({ release: 'r1' });
    expect(own.run('user', { user_id: 7 }, values)).toEqual({ release: 'r1', user_id: 7 });
  });

  it('opens a scope for a body, and closes it with the body', () => {
    const { scopes: own, values } = scopes();
    const inside = own.run('user', { user_id: 7 }, () => [values(), own.isOutside()]);
    expect(inside).toEqual([{ user_id: 7 }, false]);
    expect(values()).toEqual({});
  });

  it('nests scopes', () => {
    const { scopes: own, values } = scopes();
    const inside = own.run('a', { x: 1, y: 1 }, () =>
      own.run('b', { y: 2 }, () => [values(), own.current().openNames()]),
    );
    expect(inside).toEqual([{ x: 1, y: 2 }, ['b', 'a']]);
  });

  it('keeps the scope in the asynchronous work of its body', async () => {
    const { scopes: own, values } = scopes();
    const later = own.run('a', { x: 1 }, async () => {
      await new Promise(setImmediate);
      return values();
    });
    expect(values()).toEqual({});
    expect(await later).toEqual({ x: 1 });
  });

  it('keeps the scope for a lazy result of its body', async () => {
    const { scopes: own, values } = scopes();
    const lazy = own.run('a', { x: 1 }, () => ({ then: (done: (result: unknown) => void) => done(values()) }));
    expect(values()).toEqual({});
    expect(await lazy).toEqual({ x: 1 });
  });

  it('does not keep the outer scopes of the same tracker twice, since a scope knows its parents', () => {
    const [first, second] = [scopes(), scopes()];
    const depth = (): number => {
      let count = 0;
      for (let frame = frames.getStore(); frame !== undefined; frame = frame.outer) count++;
      return count;
    };
    const nested = first.scopes.run('a', {}, () => first.scopes.run('b', {}, () => second.scopes.run('c', {}, depth)));
    expect(nested).toBe(2);
  });

  it('closes the scope if the body throws', () => {
    const { scopes: own, values } = scopes();
    const body = (): never => JSON.parse('?') as never;
    expect(() => own.run('a', { x: 1 }, body)).toThrow(SyntaxError);
    expect(values()).toEqual({});
  });

  it('keeps the scopes of several trackers apart', () => {
    const [first, second] = [scopes(), scopes()];
    const inside = first.scopes.run('a', { a: 1 }, () =>
      second.scopes.run('b', { b: 1 }, () => first.scopes.run('c', { c: 1 }, () => [first.values(), second.values()])),
    );
    expect(inside).toEqual([{ a: 1, c: 1 }, { b: 1 }]);
  });

  describe('currentScopesTracker', () => {
    it('is the tracker whose scope was opened last in the flow', () => {
      const [first, second] = [scopes(), scopes()];
      expect(currentScopesTracker()).toBeUndefined();
      first.scopes.run('a', {}, () => {
        expect(currentScopesTracker()).toBe(first.tracker);
        second.scopes.run('b', {}, () => expect(currentScopesTracker()).toBe(second.tracker));
        expect(currentScopesTracker()).toBe(first.tracker);
      });
      expect.assertions(4);
    });

    it('is the first tracker of a request in which no scope was opened', () => {
      const [first, second] = [scopes(), scopes()];
      expect(inRequest([first.scopes, second.scopes], currentScopesTracker)).toBe(first.tracker);
    });
  });

  describe('in a request', () => {
    it('has the values of the request', () => {
      const { scopes: own, values } = scopes();
      own.current().enter('release', { release: 'r1' });
      expect(inRequest([own], values)).toEqual({ release: 'r1', path: '/' });
      expect(inRequest([own], () => own.isOutside())).toBe(false);
    });

    it('is outside every scope if the request has none for this tracker', () => {
      const { scopes: own } = scopes();
      expect(inRequest([], () => own.isOutside())).toBe(true);
    });

    it('opens the scope of a request once', () => {
      const { scopes: own } = scopes();
      const makeScope = jest.fn((parent: Scope) => new FakeRequestScope(parent));
      const store = new RequestStore();
      own.openRequest(store, makeScope);
      own.openRequest(store, makeScope);
      expect(makeScope).toHaveBeenCalledTimes(1);
    });

    it('does not see a scope that was opened for another flow', () => {
      const { scopes: own, values } = scopes();
      const inside = own.run('server', { server: 1 }, () => inRequest([own], values));
      expect(inside).toEqual({ path: '/' });
    });

    it('nests scopes in the scope of the request', () => {
      const { scopes: own, values } = scopes();
      expect(inRequest([own], () => own.run('a', { a: 1 }, values))).toEqual({ path: '/', a: 1 });
    });
  });

  describe('after the response of the request', () => {
    const answered = (run: ReturnType<typeof scopes>, code: () => unknown): unknown =>
      inRequest([run.scopes], (store) => {
        store.end();
        return code();
      });

    it('keeps the values, and reports the event as uncertain', () => {
      const run = scopes();
      expect(answered(run, run.emit)).toEqual({ path: '/' });
      expect(run.onUncertain).toHaveBeenCalledTimes(1);
    });

    it('reports nothing for a look at the values', () => {
      const run = scopes();
      expect(answered(run, run.values)).toEqual({ path: '/' });
      expect(run.onUncertain).not.toHaveBeenCalled();
    });

    it('reports nothing before the response', () => {
      const run = scopes();
      inRequest([run.scopes], run.emit);
      expect(run.onUncertain).not.toHaveBeenCalled();
    });

    it('marks the events', () => {
      const run = scopes('mark');
      expect(answered(run, run.emit)).toEqual({ path: '/', uncertain_context: true });
      expect(run.onUncertain).toHaveBeenCalledTimes(1);
    });

    it('drops the values of the request and of the scopes in it', () => {
      const run = scopes('drop');
      run.scopes.current().enter('release', { release: 'r1' });
      expect(answered(run, run.emit)).toEqual({ release: 'r1' });
      const inScope = inRequest([run.scopes], (store) =>
        run.scopes.run('a', { a: 1 }, () => {
          store.end();
          return run.emit();
        }),
      );
      expect(inScope).toEqual({ release: 'r1' });
    });

    it('keeps the values of scopes that are opened afterwards, which are certain', () => {
      const run = scopes('drop');
      expect(answered(run, () => run.scopes.run('job', { job: 1 }, run.emit))).toEqual({ job: 1 });
      expect(run.onUncertain).not.toHaveBeenCalled();
    });

    it.each(['mark', 'drop', undefined] as const)('keeps the values of a bound flow: %p', (afterResponse) => {
      const run = scopes(afterResponse);
      const values = inRequest([run.scopes], (store) => {
        const flow = bindFlow();
        store.end();
        return flow.enter(run.emit);
      });
      expect(values).toEqual({ path: '/' });
      expect(run.onUncertain).not.toHaveBeenCalled();
    });

    it('is certain again while a later handler runs', () => {
      const run = scopes('mark');
      const values = inRequest([run.scopes], (store) => {
        store.end();
        store.reopen({});
        return run.emit();
      });
      expect(values).toEqual({ path: '/' });
    });

    it('reports nothing if the tracker has no scope in the request', () => {
      const [run, other] = [scopes(), scopes()];
      inRequest([other.scopes], (store) => {
        store.end();
        return run.emit();
      });
      expect(run.onUncertain).not.toHaveBeenCalled();
    });
  });
});

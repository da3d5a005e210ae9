import { ClsServiceManager } from 'nestjs-cls';
import {
  currentRequestStore,
  inNoRequest,
  inRequest,
  isCurrent,
  keepClsStore,
  RequestStore,
  runInRequestStore,
  storeOf,
} from '../../src/context/request-store';
import { Scope } from '../../src/context/scope';

const cls = ClsServiceManager.getClsService();

class FakeScope extends Scope {
  readonly calls: string[] = [];

  constructor() {
    super(undefined);
  }

  release(): void {
    this.calls.push('release');
  }

  reopen(): void {
    this.calls.push('reopen');
  }
}

/** Runs code in the store of a request. */
function run<Result>(
  request: object,
  code: (store: RequestStore, isNew: boolean) => Result,
  inherited?: object,
): Result {
  let result!: Result;
  let given!: [RequestStore, boolean];
  const open = (...opened: [RequestStore, boolean]): void => void (given = opened);
  runInRequestStore(request, inherited, open, () => {
    result = code(...given);
  });
  return result;
}

describe('RequestStore', () => {
  it('keeps the scope of each tracker', () => {
    const store = new RequestStore();
    const [a, b, c] = [{}, {}, {}];
    const [ofA, ofB] = [new FakeScope(), new FakeScope()];
    store.open(a, ofA);
    store.open(b, ofB);
    expect([store.scopeOf(a), store.scopeOf(b), store.scopeOf(c)]).toEqual([ofA, ofB, undefined]);
    expect(store.firstOwner).toBe(a);
  });

  it('releases every scope at its end, once', () => {
    const store = new RequestStore();
    const scopes = [new FakeScope(), new FakeScope(), new FakeScope()];
    for (const scope of scopes) store.open({}, scope);
    expect(store.isAnswered).toBe(false);
    store.end();
    store.end();
    expect(store.isAnswered).toBe(true);
    expect(scopes.map(({ calls }) => calls)).toEqual([['release'], ['release'], ['release']]);
  });

  it.each([
    ['has ended', () => Promise.resolve()],
    ['has failed', () => Promise.reject(new Error('x'))],
  ])('ends only when the handler %s', async (_, handling) => {
    const store = new RequestStore();
    store.handling = handling();
    store.end();
    expect(store.isAnswered).toBe(false);
    await new Promise(setImmediate);
    expect(store.isAnswered).toBe(true);
    expect(store.handling).toBeUndefined();
  });

  it('opens again for a handler that runs later, and ends again', () => {
    const store = new RequestStore();
    const [first, second] = [new FakeScope(), new FakeScope()];
    store.open({}, first);
    store.open({}, second);
    store.end();
    store.reopen({});
    expect(store.isAnswered).toBe(false);
    store.end();
    expect([first.calls, second.calls]).toEqual(Array(2).fill(['release', 'reopen', 'release']));
  });
});

describe('runInRequestStore', () => {
  it('runs the rest of a request in a store of its own', () => {
    const request = {};
    const seen = run(request, (store, isNew) => [currentRequestStore() === store, isNew, storeOf(request) === store]);
    expect(seen).toEqual([true, true, true]);
    expect(currentRequestStore()).toBeUndefined();
  });

  it('finds the store of a request again', () => {
    const request = {};
    const first = run(request, (store) => store);
    expect(run(request, (store, isNew) => [store === first, isNew, currentRequestStore() === first])).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('does not write into the store of another request', () => {
    const [outer, inner] = [{}, {}];
    run(outer, (store) => {
      expect(run(inner, (own) => own === store)).toBe(false);
      expect(currentRequestStore()).toBe(store);
    });
    expect.assertions(2);
  });

  it('keeps the request if the application leaves the store of nestjs-cls', () => {
    expect(run({}, (store) => cls.exit(() => currentRequestStore() === store))).toBe(true);
  });

  it('copies values from the store of the start, so that requests do not share them', () => {
    const inherited = { shared: 1 };
    cls.runWith(inherited, () => {
      run({}, () => cls.set('own', 1), inherited);
      expect(run({}, () => [cls.get('shared' as never), cls.get('own' as never)], inherited)).toEqual([1, undefined]);
      expect(inherited).toEqual({ shared: 1 });
    });
    expect.assertions(2);
  });

  it('writes into the store that the application has opened for the request', () => {
    const opened = { user: 7 } as Record<string, unknown>;
    cls.runWith(opened, () => {
      run({}, (store) => {
        cls.set('late', 1);
        expect([cls.get('user' as never), currentRequestStore() === store]).toEqual([7, true]);
        expect(Reflect.ownKeys(cls.get() as object)).toEqual([
          'user',
          'late',
          Symbol.for('nestjs-event-tracking:request'),
        ]);
      });
    });
    expect(opened).toEqual({ user: 7, late: 1 });
    expect.assertions(3);
  });
});

describe('inRequest', () => {
  it('runs code directly if the request is the current one', () => {
    run({}, (store) => {
      expect(isCurrent(store)).toBe(true);
      const active = cls.get();
      expect(inRequest(store, () => cls.get() === active)).toBe(true);
    });
    expect.assertions(2);
  });

  it('enters the request from another one, with its values in nestjs-cls', () => {
    const store = run({}, (own) => {
      cls.set('user', 7);
      return own;
    });
    run({}, () => {
      expect(isCurrent(store)).toBe(false);
      expect(inRequest(store, () => [isCurrent(store), cls.get('user' as never)])).toEqual([true, 7]);
      expect(isCurrent(store)).toBe(false);
    });
    expect.assertions(3);
  });

  it('enters the store that the application has opened since', () => {
    const store = run({}, (own) => {
      cls.runWith({ ...(cls.get() as object), late: 1 } as never, () => keepClsStore(own));
      return own;
    });
    expect(inRequest(store, () => cls.get('late' as never))).toBe(1);
  });

  it('keeps nothing of another request', () => {
    const store = run({}, (own) => own);
    const before = store.clsStore;
    run({}, () => keepClsStore(store));
    expect(store.clsStore).toBe(before);
  });
});

describe('inNoRequest', () => {
  it('leaves the request, and keeps other values of nestjs-cls', () => {
    run({}, (store) => {
      cls.set('user', 7);
      expect(inNoRequest(() => [currentRequestStore(), cls.get('user' as never)])).toEqual([undefined, 7]);
      expect(currentRequestStore()).toBe(store);
    });
    expect.assertions(2);
  });

  it('leaves a request whose store of nestjs-cls was left before', () => {
    expect(run({}, () => cls.exit(() => inNoRequest(currentRequestStore)))).toBeUndefined();
  });

  it('runs code directly outside a request', () => {
    expect(inNoRequest(() => 7)).toBe(7);
  });
});

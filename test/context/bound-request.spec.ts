import { EventEmitter } from 'node:events';
import { bindPrototypes, bindRequest } from '../../src/context/bound-request';
import { currentRequestStore, runInRequestStore, type RequestStore } from '../../src/context/request-store';

/** Has the methods of a response that take callbacks, and calls each callback at once. */
class Response extends EventEmitter {
  write(...args: unknown[]): boolean {
    (args.at(-1) as () => void)();
    return true;
  }

  end(...args: unknown[]): this {
    this.write(...args);
    return this;
  }
}

interface Bound {
  readonly request: EventEmitter;
  readonly response: Response;
  readonly store: RequestStore;
}

function bound(request = new EventEmitter(), response = new Response()): Bound {
  let store!: RequestStore;
  const open = (opened: RequestStore): void => {
    store = opened;
    bindRequest(request, response, store);
  };
  runInRequestStore(request, undefined, open, () => undefined);
  return { request, response, store };
}

/** Returns the store in which the last listener ran. */
function storeOfListener(emitter: EventEmitter, event: string): () => RequestStore | undefined {
  let seen: RequestStore | undefined;
  emitter.on(event, () => {
    seen = currentRequestStore();
  });
  return () => seen;
}

describe('bindRequest', () => {
  it('emits in the flow of the request, from no flow and from that of another request', () => {
    const { request, response, store } = bound();
    const [onData, onFinish] = [storeOfListener(request, 'data'), storeOfListener(response, 'finish')];
    request.emit('data');
    runInRequestStore(
      {},
      undefined,
      () => undefined,
      () => response.emit('finish'),
    );
    expect([onData(), onFinish()]).toEqual([store, store]);
  });

  it('passes arguments, this and the result on', () => {
    const { request } = bound();
    expect(request.emit('data', 1, 2)).toBe(false);
    const listener = jest.fn();
    request.on('data', function (this: unknown, ...args: unknown[]) {
      listener(this, ...args);
    });
    expect(request.emit('data', 1, 2)).toBe(true);
    expect(listener).toHaveBeenCalledWith(request, 1, 2);
    expect(() => request.emit('error', new Error('unheard'))).toThrow('unheard');
  });

  it.each(['write', 'end'] as const)('runs the callback of %s in the flow of the request', (method) => {
    const { response, store } = bound();
    let seen: RequestStore | undefined;
    response[method]('text', () => {
      seen = currentRequestStore();
    });
    expect(seen).toBe(store);
  });

  it('ends the request after the last listener of close, even if one throws', () => {
    const { response, store } = bound();
    let isAnswered: boolean | undefined;
    response.on('close', () => {
      isAnswered = store.isAnswered;
      throw new Error('listener');
    });
    response.emit('finish');
    expect(() => response.emit('close')).toThrow('listener');
    expect([isAnswered, store.isAnswered]).toEqual([false, true]);
  });

  it('is not ended by the close of the request', () => {
    const { request, store } = bound();
    request.emit('close');
    expect(store.isAnswered).toBe(false);
  });

  it('puts the same functions on every request, which keep none of them', () => {
    const [one, other] = [bound(), bound()];
    for (const method of ['emit', 'write', 'end'] as const) expect(one.response[method]).toBe(other.response[method]);
    expect(one.request.emit).toBe(other.request.emit);
  });

  it('finds the store of a response on the request that the response has', () => {
    const request = new EventEmitter();
    const { response, store } = bound(request, Object.assign(new Response(), { req: request }));
    const onFinish = storeOfListener(response, 'finish');
    response.emit('finish');
    response.emit('close');
    expect([onFinish(), store.isAnswered]).toEqual([store, true]);
    expect(Object.getOwnPropertySymbols(response)).toEqual(Object.getOwnPropertySymbols(new Response()));
  });

  it.each([undefined, null, {}, new EventEmitter()])('binds a response whose request is %p', (req) => {
    const { response, store } = bound(new EventEmitter(), Object.assign(new Response(), { req }));
    const onFinish = storeOfListener(response, 'finish');
    response.emit('finish');
    expect(onFinish()).toBe(store);
  });

  it('calls the methods that an object has of its own', () => {
    const request = Object.assign(new EventEmitter(), { emit: jest.fn(() => true) });
    const own = request.emit;
    const other = bound(Object.assign(new EventEmitter(), { emit: jest.fn() })).request;
    const { emit } = bound(request).request;
    expect(emit.call(request, 'data', 1)).toBe(true);
    expect(own).toHaveBeenCalledWith('data', 1);
    expect(emit).not.toBe(other.emit);
  });

  it('only passes on what is emitted by an object without a store', () => {
    const { request } = bound();
    const stranger = new EventEmitter();
    const onData = storeOfListener(stranger, 'data');
    expect(request.emit.call(stranger, 'data')).toBe(true);
    expect(onData()).toBeUndefined();
  });

  it('leaves values alone that emit nothing', () => {
    const request = {};
    expect(() => {
      bindRequest(request, undefined, {} as RequestStore);
    }).not.toThrow();
    expect(request).toEqual({});
  });
});

describe('bindPrototypes', () => {
  const METHODS = ['write', 'end'] as const;
  /** Creates the prototype of one application, and a response of that application. */
  const application = (): { response: Response; create: () => Response } => {
    const response = Object.create(Response.prototype) as Response;
    return { response, create: () => Object.setPrototypeOf(new Response(), response) as Response };
  };

  it('leaves no method but emit for each response to hold', () => {
    const { response: prototype, create } = application();
    bindPrototypes({ response: prototype });
    const { response } = bound(new EventEmitter(), create());
    expect(METHODS.map((method) => Object.hasOwn(prototype, method))).toEqual([true, true]);
    expect(METHODS.map((method) => Object.hasOwn(response, method))).toEqual([false, false]);
    expect(Object.hasOwn(response, 'emit')).toBe(true);
  });

  it.each(METHODS)('runs the callback of %s in the flow of the request', (method) => {
    const { response: prototype, create } = application();
    bindPrototypes({ response: prototype });
    const { response, store } = bound(new EventEmitter(), create());
    let seen: RequestStore | undefined;
    response[method]('text', () => {
      seen = currentRequestStore();
    });
    expect(seen).toBe(store);
  });

  it('wraps each method once, for any number of trackers and applications', () => {
    const [one, other] = [application(), application()];
    const ownEnd = (): Response => one.response;
    one.response.end = ownEnd;
    bindPrototypes({ response: one.response });
    const { write, end } = one.response;
    bindPrototypes({ response: other.response });
    bindPrototypes({ response: one.response });
    expect([one.response.write, one.response.end]).toEqual([write, end]);
    expect(end).not.toBe(ownEnd);
    expect(other.response.write).toBe(write);
  });

  it('still wraps the methods of a response that another application has taken over', () => {
    const [own, foreign] = [application(), application()];
    bindPrototypes({ response: own.response });
    const { response, store } = bound(new EventEmitter(), foreign.create());
    expect(METHODS.map((method) => Object.hasOwn(response, method))).toEqual([true, true]);
    response.emit('close');
    expect(store.isAnswered).toBe(true);
  });

  it('ends a request whose response loses the prototype later', () => {
    const [own, foreign] = [application(), application()];
    bindPrototypes({ response: own.response });
    const { response, store } = bound(new EventEmitter(), own.create());
    Object.setPrototypeOf(response, foreign.response);
    const onFinish = storeOfListener(response, 'finish');
    response.emit('finish');
    response.emit('close');
    expect([onFinish(), store.isAnswered]).toEqual([store, true]);
  });

  it('accepts an application without prototypes', () => {
    expect(() => {
      bindPrototypes({});
    }).not.toThrow();
  });
});

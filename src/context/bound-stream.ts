import { Observable, Subscriber } from 'rxjs';
import type { Flow } from './flow';
import { invoke } from './stand-in';

/**
 * Returns the same stream, with everything that it runs in a given flow.
 *
 * A connection, a Subject or an emitter delivers its values in the flow of the code that opened or
 * feeds it, and RxJS runs every following operator there. Therefore each subscription made inside a
 * bound stream is bound as well: while the stream is being subscribed to, delivers or is
 * unsubscribed, `subscribe` of the class Observable returns every inner subscription to the flow of
 * the stream. This covers every operator of a pipe, arguments of `merge`, projections of
 * `switchMap`, `defer` and hand-written operators.
 *
 * @param flowOf called at each subscription, in the flow of the subscriber
 */
export function boundStream<Value>(stream: Observable<Value>, flowOf: () => Flow): Observable<Value> {
  bindSubscribe(stream);
  return new Observable<Value>((subscriber) => {
    const flow = flowOf();
    return within(flow, () => stream.subscribe(new FlowSubscriber(subscriber, flow)));
  });
}

/**
 * Runs code that is not part of the stream that calls it, such as a handler behind `next.handle()`.
 * Subscriptions made by this code may outlive the request, and keep the flow that they would have
 * without this package.
 */
export function outsideStreams<Result>(code: () => Result): Result {
  const before = current;
  current = undefined;
  try {
    return code();
  } finally {
    current = before;
  }
}

/**
 * Flow of the bound stream that is running. A variable, not an AsyncLocalStorage: only code that is
 * called synchronously is part of the stream.
 */
let current: Flow | undefined;

function within<Result>(flow: Flow, code: () => Result): Result {
  const before = current;
  current = flow;
  try {
    return flow.isCurrent() ? code() : flow.enter(code);
  } finally {
    current = before;
  }
}

/**
 * Passes on everything in one flow. It is linked to its target from the start, so that a source
 * that emits everything synchronously sees when the target has unsubscribed.
 */
class FlowSubscriber<Value> extends Subscriber<Value> {
  constructor(
    private readonly target: Subscriber<Value>,
    readonly flow: Flow,
  ) {
    // There is no other way to link the subscriber to its target before the first value.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see the comment above
    super(target);
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.run(() => {
      super.unsubscribe();
    });
  }

  protected override _next(value: Value): void {
    if (this.isRunning()) this.target.next(value);
    else
      within(this.flow, () => {
        this.target.next(value);
      });
  }

  protected override _error(error: unknown): void {
    this.run(() => {
      try {
        this.target.error(error);
      } finally {
        super.unsubscribe();
      }
    });
  }

  protected override _complete(): void {
    this.run(() => {
      try {
        this.target.complete();
      } finally {
        super.unsubscribe();
      }
    });
  }

  private run(code: () => void): void {
    if (this.isRunning()) code();
    else within(this.flow, code);
  }

  private isRunning(): boolean {
    return current === this.flow && this.flow.isCurrent();
  }
}

type Subscribe = (this: Observable<unknown>, ...args: unknown[]) => unknown;

const seen = new WeakSet<object>();

/**
 * Wraps `subscribe` on the prototypes of the stream, because the stream may come from another copy
 * of RxJS or from a subclass.
 */
function bindSubscribe(stream: object): void {
  let at = Object.getPrototypeOf(stream) as object | null;
  for (; at !== null && !seen.has(at); at = Object.getPrototypeOf(at) as object | null) {
    seen.add(at);
    const descriptor = Object.getOwnPropertyDescriptor(at, 'subscribe');
    if (typeof descriptor?.value !== 'function') continue;
    const subscribe = descriptor.value as Subscribe;
    const value = bound(subscribe);
    for (const key of ['name', 'length'])
      Object.defineProperty(value, key, { value: Reflect.get(subscribe, key), configurable: true });
    Reflect.defineProperty(at, 'subscribe', { ...descriptor, value });
  }
}

function bound(subscribe: Subscribe): Subscribe {
  return function (...args) {
    const flow = current;
    const [observer] = args;
    if (observer instanceof FlowSubscriber) {
      // An operator that subscribes later, such as subscribeOn, does so in the flow of its
      // scheduler.
      return observer.flow === flow
        ? subscribe.apply(this, args)
        : within(observer.flow, () => subscribe.apply(this, args));
    }
    if (flow?.isCurrent() !== true) return subscribe.apply(this, args); // the most frequent case
    if (observer instanceof Subscriber) {
      subscribe.call(this, new FlowSubscriber(observer, flow));
      return observer;
    }
    // RxJS creates this subscriber, so that callbacks and their errors are handled as everywhere
    // else.
    const bridge = new Observable((target) => {
      within(flow, () => subscribe.call(this, new FlowSubscriber(target, flow)));
    });
    return outsideStreams(() => invoke(bridge, 'subscribe', args));
  };
}

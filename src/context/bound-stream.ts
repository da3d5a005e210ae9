import { types } from 'node:util';
import { isObservable, Observable, Subscriber } from 'rxjs';
import type { Inside } from './flow';

/**
 * What RxJS 7 knows of an Observable that `pipe` made: the one before it, and the operator between
 * them.
 */
interface Piped {
  readonly source?: unknown;
  readonly operator?: unknown;
  readonly _subscribe?: unknown;
}

/**
 * The same stream, with every value delivered in a given flow.
 *
 * A connection, a Subject or an emitter delivers its values in the flow of whoever opened or fed
 * it, and RxJS runs every operator behind it there. So the flow is entered at each step of the
 * pipe, not at its end only: an operator inside the pipe of a handler runs in the flow of its own
 * request too. What runs inside an operator (the pipe that `mergeMap` makes for each value) is out
 * of reach until its value leaves that operator.
 *
 * @param flowOf called at each subscription, in the flow of the subscriber
 */
export function boundStream<Value>(stream: Observable<Value>, flowOf: () => Inside): Observable<Value> {
  return new Observable<Value>((subscriber) => steps(stream, flowOf()).subscribe(subscriber));
}

function steps<Value>(stream: Observable<Value>, enter: Inside): Observable<Value> {
  // What stands in for a stream (a decorator's result) must be subscribed to itself.
  if (types.isProxy(stream)) return entering(stream, enter);
  const { source, operator } = stream as Piped;
  if (!isObservable(source) || !(operator !== undefined || isForwarder(stream))) return entering(stream, enter);
  const step = new Observable<Value>();
  Object.assign(step, { source: steps(source, enter), operator }); // as `lift` does
  return entering(step, enter);
}

/** Whether it only passes on what its source gives, as `asObservable()` makes it. */
function isForwarder(stream: Observable<unknown>): boolean {
  return (stream as Piped)._subscribe === (Observable.prototype as Piped)._subscribe;
}

function entering<Value>(stream: Observable<Value>, enter: Inside): Observable<Value> {
  return new Observable<Value>((subscriber) => stream.subscribe(new FlowSubscriber(subscriber, enter)));
}

/**
 * Linked to its target from the start, so that a source which gives everything at once sees that
 * the target has enough.
 */
class FlowSubscriber<Value> extends Subscriber<Value> {
  constructor(
    private readonly target: Subscriber<Value>,
    private readonly enter: Inside,
  ) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- no other way to be linked before the first value comes
    super(target);
  }

  protected override _next(value: Value): void {
    this.enter(() => {
      this.target.next(value);
    });
  }

  protected override _error(error: unknown): void {
    try {
      this.enter(() => {
        this.target.error(error);
      });
    } finally {
      this.unsubscribe();
    }
  }

  protected override _complete(): void {
    try {
      this.enter(() => {
        this.target.complete();
      });
    } finally {
      this.unsubscribe();
    }
  }
}

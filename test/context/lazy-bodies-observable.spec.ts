import {
  connectable,
  defer,
  firstValueFrom,
  from,
  isObservable,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  of,
  Subject,
  tap,
  toArray,
  type Operator,
} from 'rxjs';
import { startTracker } from './start-tracker';

const scope = { user_id: 1 };

/* eslint-disable @typescript-eslint/no-deprecated -- what classes of RxJS 7 are made of */
describe('An Observable with methods of its own', () => {
  /** A class of an application, whose operators give its own kind. */
  class Rows extends Observable<number> {
    readonly #name: string;

    constructor(name: string, subscribe?: ConstructorParameters<typeof Observable<number>>[0]) {
      super(subscribe);
      this.#name = name;
    }

    get title(): string {
      return this.#name;
    }

    named(name: string): Rows {
      const rows = new Rows(name);
      rows.source = this;
      return rows;
    }

    override lift<R>(operator?: Operator<number, R>): Observable<R> {
      const rows = new Rows(`${this.#name}, lifted`);
      rows.source = this;
      (rows as { operator?: unknown }).operator = operator;
      return rows as unknown as Observable<R>;
    }
  }

  async function rowsIn(): Promise<{ rows: Rows; contexts(name?: string): object[]; emit(name: string): void }> {
    const { tracker, contexts } = await startTracker();
    const rows = tracker.context(
      scope,
      () =>
        new Rows('rows', (subscriber) => {
          tracker.emit('inside');
          subscriber.next(1);
          subscriber.next(2);
          subscriber.complete();
        }),
    );
    return { rows, contexts, emit: (name) => tracker.emit(name) };
  }

  it('is an object of the same class', async () => {
    const { rows, contexts } = await rowsIn();
    expect(rows).toBeInstanceOf(Rows);
    expect(isObservable(rows)).toBe(true);
    expect(rows.title).toBe('rows');
    expect(contexts()).toEqual([]);
  });

  it.each<[string, (rows: Rows) => unknown, unknown]>([
    ['subscribe', (rows) => new Promise((complete) => rows.subscribe({ complete: () => complete('over') })), 'over'],
    ['pipe', (rows) => lastValueFrom(rows.pipe(toArray())), [1, 2]],
    ['pipe, twice', (rows) => lastValueFrom(rows.pipe(map((n) => n + 1)).pipe(toArray())), [2, 3]],
    ['forEach', (rows) => rows.forEach(() => undefined), undefined],
    ['toPromise', (rows) => rows.toPromise(), 2],
    ['from', (rows) => lastValueFrom(from(rows)), 2],
    ['an operator that subscribes to it', (rows) => lastValueFrom(of(0).pipe(mergeMap(() => rows))), 2],
    ['a method of its own that gives another one', (rows) => lastValueFrom(rows.named('other')), 2],
  ])('works inside the scope when it is used by %s', async (_how, use, expected) => {
    const { rows, contexts } = await rowsIn();
    expect(await use(rows)).toEqual(expected);
    expect(contexts()).toEqual([scope]);
  });

  it('keeps its class when operators are applied', async () => {
    const { rows } = await rowsIn();
    const lifted = rows.pipe(map((value) => value)) as unknown as Rows;
    expect(lifted).toBeInstanceOf(Rows);
    expect(lifted.title).toBe('rows, lifted');
    expect(rows.pipe()).toBe(rows);
  });

  it('keeps its reader outside of the scope', async () => {
    const { rows, contexts, emit } = await rowsIn();
    await lastValueFrom(rows.pipe(tap(() => emit('outside'))));
    expect(contexts('outside')).toEqual([{}, {}]);
  });

  it('works inside the scope when it is connected', async () => {
    const { tracker, contexts } = await startTracker();
    const stream = tracker.context(scope, () =>
      connectable(
        defer(() => {
          tracker.emit('inside');
          return of(1);
        }),
      ),
    );
    const first = firstValueFrom(stream);
    stream.connect();
    expect(await first).toBe(1);
    expect(contexts()).toEqual([scope]);
  });

  it('can still be fed if it was made from a Subject', async () => {
    const { tracker } = await startTracker();
    const subject = new Subject<number>();
    const doubled = tracker.context(scope, () => subject.pipe(map((value) => value * 2)));
    const first = firstValueFrom(doubled);
    (doubled as Subject<number>).next(2);
    expect(await first).toBe(4);
  });
});

import { Controller, Get, Param, Req, Sse } from '@nestjs/common';
import {
  buffer,
  catchError,
  combineLatest,
  concat,
  concatMap,
  defer,
  delayWhen,
  EMPTY,
  endWith,
  exhaustMap,
  expand,
  filter,
  finalize,
  forkJoin,
  groupBy,
  interval,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  race,
  repeat,
  retry,
  skip,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timeout,
  toArray,
  windowCount,
  withLatestFrom,
  zip,
} from 'rxjs';
import { TrackerService } from '../../../../src/entries';
import { USERS, type UserRequest, type Way } from '../way';
import { FEEDER, Feed } from './feed';

type Make = (feed: Feed, see: () => void) => Observable<unknown>;

const inner = ({ hot }: Feed, see: () => void): Observable<number> => hot.pipe(take(1), tap(see));

/** In each, `see` is called once, inside of the stream. */
const HANDLERS: Readonly<Record<string, Make>> = {
  merge: (...given) => merge(merge(inner(...given), NEVER), NEVER),
  combine: (...given) => combineLatest([inner(...given), of(1)]),
  fork: (...given) => forkJoin({ a: inner(...given), b: of(1) }),
  zip: (...given) => zip(inner(...given), of(1)),
  race: (...given) => race(inner(...given), NEVER),
  concat: ({ hot }, see) => concat(hot.pipe(take(1)), defer(() => of(1).pipe(tap(see)))).pipe(skip(1)), // prettier-ignore
  defer: (...given) => defer(() => inner(...given)),
  switch: (...given) => of(1).pipe(switchMap(() => inner(...given))),
  exhaust: (...given) => of(1).pipe(exhaustMap(() => inner(...given))),
  concatMap: ({ hot }, see) => of(1, 2).pipe(concatMap((at) => hot.pipe(take(1), filter(() => at === 2), tap(see)))), // prettier-ignore
  expand: ({ hot }, see) => of(0).pipe(expand((at) => (at > 0 ? EMPTY : hot.pipe(take(1), map(() => 1), tap(see)))), skip(1)), // prettier-ignore
  observable: (...given) => new Observable((subscriber) => inner(...given).subscribe(subscriber)),
  observer: (...given) =>
    new Observable((subscriber) =>
      inner(...given).subscribe((value) => {
        subscriber.next(value);
      }),
    ),
  operator: ({ hot }, see) =>
    new Observable((subscriber) =>
      hot.subscribe({
        next: (value) => {
          see();
          subscriber.next(value);
        },
      }),
    ),
  timeout: (...given) => NEVER.pipe(timeout({ first: 1, with: () => inner(...given) })),
  catch: (...given) => throwError(() => new Error('no')).pipe(catchError(() => inner(...given))),
  retry: (...given) => {
    let isSecond = false;
    return defer(() => {
      if (isSecond) return of(1);
      isSecond = true;
      return throwError(() => new Error('not yet'));
    }).pipe(retry({ delay: () => inner(...given) }));
  },
  repeat: (...given) => of(1).pipe(repeat({ count: 2, delay: () => inner(...given) }), skip(1)),
  buffer: (...given) => NEVER.pipe(buffer(inner(...given))),
  window: ({ hot }, see) => hot.pipe(windowCount(1), mergeMap((some) => some.pipe(tap(see))), take(1)), // prettier-ignore
  group: ({ hot }, see) => hot.pipe(take(1), groupBy(() => 1), mergeMap((some) => some.pipe(tap(see)))), // prettier-ignore
  latest: (feed, see) => feed.hot.pipe(withLatestFrom(inner(feed, see))),
  delayWhen: (...given) => of(1).pipe(delayWhen(() => inner(...given))),
  until: (...given) => NEVER.pipe(takeUntil(inner(...given)), endWith(1)),
  array: (...given) => inner(...given).pipe(toArray()),
  final: ({ hot }, see) => hot.pipe(take(1), finalize(see)),
  shared: ({ shared }, see) => shared.pipe(take(1), tap(see)),
  cached: ({ cached }, see) => merge(cached.pipe(take(1), tap(see)), EMPTY),
  behavior: ({ latest }, see) => of(1).pipe(switchMap(() => latest.pipe(skip(1), take(1), tap(see)))),
  replay: ({ all }, see) => merge(all.pipe(skip(1), take(1), tap(see)), EMPTY),
};

/** Streams inside of the stream that a handler gives back. */
export function nestedStreams(): Way {
  const event = 'nested.seen';
  const feed = new Feed();

  @Controller('nested')
  class NestedController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('feed')
    feed(): void {
      feed.start();
    }

    @Get(':name')
    find(@Req() { user }: UserRequest, @Param('name') name: string): Observable<unknown> {
      const see = (): void => this.tracker.emit(event, { who: user.id, name });
      return HANDLERS[name]!(feed, see).pipe(
        take(1),
        tap(see),
        map(() => ({})),
      );
    }
  }

  return {
    title: 'streams inside of the stream of a handler',
    event,
    count: 2 * USERS.length * Object.keys(HANDLERS).length,
    isOwn: true,
    controllers: [NestedController],
    act: async ({ as }) => {
      await as(FEEDER, '/nested/feed');
      await Promise.all(USERS.flatMap((user) => Object.keys(HANDLERS).map((name) => as(user, `/nested/${name}`))));
    },
    close: () => {
      feed.stop();
    },
  };
}

/** Server-sent events of a Subject, between heartbeats. */
export function sseWithHeartbeat(): Way {
  const event = 'heartbeat.sent';
  const feed = new Feed();

  @Controller('heartbeat')
  class NewsController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('feed')
    feed(): void {
      feed.start();
    }

    @Sse()
    news(@Req() { user }: UserRequest): Observable<{ data: unknown }> {
      const see = (): void => this.tracker.emit(event, { who: user.id });
      const news = feed.hot.pipe(take(3), tap(see), map((data) => ({ data }))); // prettier-ignore
      const beats = interval(5).pipe(map(() => ({ data: 'beat' })));
      const isOver = feed.hot.pipe(skip(3), take(1), tap(see));
      return merge(news, beats).pipe(takeUntil(isOver), finalize(see));
    }
  }

  return {
    title: 'server-sent events that are merged from two streams',
    event,
    count: 5 * USERS.length,
    isOwn: true,
    controllers: [NewsController],
    act: async ({ as }) => {
      await as(FEEDER, '/heartbeat/feed');
      await Promise.all(USERS.map((user) => as(user, '/heartbeat')));
    },
    close: () => {
      feed.stop();
    },
  };
}

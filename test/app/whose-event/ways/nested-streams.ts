import {
  Controller,
  Get,
  Injectable,
  Param,
  Req,
  Sse,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import {
  BehaviorSubject,
  buffer,
  catchError,
  combineLatest,
  concat,
  concatMap,
  defer,
  delay,
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
  ReplaySubject,
  retry,
  share,
  shareReplay,
  skip,
  Subject,
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
import { TrackerService } from '../../../../src';
import { inTurns, USERS, type UserRequest, type Way } from '../way';

const FEEDER = 99;

/** Subjects that are fed in the flow of one user's request, for as long as the application runs. */
class Feed {
  readonly hot = new Subject<number>();
  readonly latest = new BehaviorSubject(0);
  readonly all = new ReplaySubject<number>(1);
  readonly shared = this.hot.pipe(share());
  readonly cached = this.hot.pipe(shareReplay(1));
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    let at = 0;
    this.timer = setInterval(() => {
      at++;
      for (const subject of [this.hot, this.latest, this.all]) subject.next(at);
    }, 2);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

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

@Injectable()
abstract class Seeing {
  constructor(private readonly tracker: TrackerService) {}

  /** Emits as the user of the request. */
  protected seeing(context: ExecutionContext, event: string): () => void {
    const { user } = context.switchToHttp().getRequest<UserRequest>();
    return () => this.tracker.emit(event, { who: user.id });
  }
}

/** Interceptors and guards that wait for a stream which requests share, and what runs behind them. */
export function gates(): Way {
  const event = 'gate.seen';
  const feed = new Feed();

  class HotGuard extends Seeing implements CanActivate {
    canActivate(context: ExecutionContext): Observable<boolean> {
      const see = this.seeing(context, event);
      return feed.hot.pipe(take(1), tap(see), map(() => true)); // prettier-ignore
    }
  }

  class LateGuard extends Seeing implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const hot = feed.hot.pipe(take(1), map(() => true), tap(this.seeing(context, event))); // prettier-ignore
      return Promise.resolve(hot as unknown as boolean); // Nest takes this as well
    }
  }

  class Gate extends Seeing implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const see = this.seeing(context, event);
      return feed.hot.pipe(
        take(1),
        switchMap(() => next.handle()),
        tap(see),
      );
    }
  }

  class LateGate extends Seeing implements NestInterceptor {
    async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
      await Promise.resolve();
      const see = this.seeing(context, event);
      // By a callback of the feed, and in no stream.
      return new Observable((subscriber) => {
        feed.latest.pipe(skip(1), take(1)).subscribe(() => {
          next.handle().pipe(tap(see)).subscribe(subscriber);
        });
      });
    }
  }

  class Retrying extends Seeing implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      let isSecond = false;
      const failing = tap(() => {
        if (isSecond) return;
        isSecond = true;
        throw new Error('not yet');
      });
      return next
        .handle()
        .pipe(failing, retry({ delay: () => feed.hot.pipe(take(1)) }), tap(this.seeing(context, event)));
    }
  }

  class Outer extends Seeing implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(tap(this.seeing(context, event)));
    }
  }

  @Controller('gates')
  class GatesController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('feed')
    feed(): void {
      feed.start();
    }

    @Get('guards')
    @UseGuards(HotGuard, LateGuard)
    guarded(@Req() request: UserRequest): object {
      return this.seen(request);
    }

    @Get('gates')
    @UseInterceptors(Outer, Gate, LateGate)
    gated(@Req() request: UserRequest): object {
      return this.seen(request);
    }

    @Get('retry')
    @UseInterceptors(Outer, Retrying)
    retried(@Req() request: UserRequest): Observable<object> {
      return of(this.seen(request));
    }

    private seen({ user }: UserRequest): object {
      this.tracker.emit(event, { who: user.id });
      return {};
    }
  }

  return {
    title: 'guards and interceptors that wait for a Subject',
    event,
    count: (3 + 4 + 4) * USERS.length,
    isOwn: true,
    controllers: [GatesController],
    act: async ({ as }) => {
      await as(FEEDER, '/gates/feed');
      const paths = ['guards', 'gates', 'retry'];
      await Promise.all(USERS.flatMap((user) => paths.map((path) => as(user, `/gates/${path}`))));
    },
    close: () => {
      feed.stop();
    },
  };
}

/** Requests that wait for the answer to the first of them, in an interceptor. */
export function coalescing(): Way {
  const event = 'coalesced.seen';
  let cached: Observable<unknown> | undefined;

  class Coalescing extends Seeing implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      cached ??= next.handle().pipe(delay(100), shareReplay(1));
      return cached.pipe(tap(this.seeing(context, event)));
    }
  }

  class Outer extends Seeing implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const see = this.seeing(context, event);
      return next.handle().pipe(tap(see), finalize(see));
    }
  }

  @Controller('coalesced')
  @UseInterceptors(Outer, Coalescing)
  class CoalescedController {
    @Get()
    find(): object {
      return {};
    }
  }

  return {
    title: 'an interceptor that lets requests share one answer',
    event,
    count: 3 * 2 * USERS.length,
    isOwn: true,
    controllers: [CoalescedController],
    act: async ({ as }) => {
      await Promise.all(USERS.map((user) => as(user, '/coalesced')));
      await inTurns((user) => as(user, '/coalesced'));
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

import {
  Controller,
  Get,
  Injectable,
  Req,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { delay, finalize, map, Observable, of, retry, shareReplay, skip, switchMap, take, tap } from 'rxjs';
import { TrackerService } from '../../../../src/entries';
import { inTurns, USERS, type UserRequest, type Way } from '../way';
import { FEEDER, Feed } from './feed';

@Injectable()
abstract class Seeing {
  constructor(private readonly tracker: TrackerService) {}

  /** Emits as the user of the request. */
  protected seeing(context: ExecutionContext, event: string): () => void {
    const { user } = context.switchToHttp().getRequest<UserRequest>();
    return () => this.tracker.emit(event, { who: user.id });
  }
}

/**
 * Interceptors and guards that wait for a stream which requests share, and what runs behind them.
 */
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

import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as after } from 'node:timers/promises';
import {
  Body,
  Controller,
  Injectable,
  Param,
  Post,
  type CallHandler,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { ClsModule, ClsServiceManager } from 'nestjs-cls';
import { defer, lastValueFrom, tap, timer, type Observable } from 'rxjs';
import {
  backend,
  currentTracker,
  MemoryBackend,
  TrackerService,
  TrackEvent,
  TrackingContext,
  type EventFields,
  type IdentifiedEvent,
} from 'nestjs-event-tracking';
import { KeepAliveClient } from '../support/keep-alive-client';
import { platforms, TestCase } from '../support/test-case';

const REQUESTS = 1_000;
const SOCKETS = 8;
const cls = ClsServiceManager.getClsService();

/**
 * Each request's number is its user, its course and its id: one that shows up with another is a
 * leak.
 */
const userOf = (at: number): object => ({ userId: at, username: `user-${at}` });

@Injectable()
class ClsUserGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { user } = context.switchToHttp().getRequest<{ user: { id: number } }>();
    if (user.id % 3 === 0) await turn();
    cls.set('guard.user', user.id);
    return true;
  }
}

@Injectable()
class EmittingInterceptor implements NestInterceptor {
  constructor(private readonly tracker: TrackerService) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.tracker.emit('before');
    return next.handle().pipe(tap(() => this.tracker.emit('after')));
  }
}

@Injectable()
class WorkService {
  private readonly bus = new EventEmitter();

  constructor(private readonly tracker: TrackerService) {
    this.bus.on('graded', () => {
      this.tracker.emit('listener');
    });
  }

  /** A scope of its own in each branch, over every way of waiting. */
  @TrackingContext(({ args: [course] }) => ({ course, depth: 1 }))
  @TrackEvent('worked')
  async work(course: string, at: number): Promise<void> {
    cls.set('service.course', course);
    const ways = [this.byTimer(at), this.byStream(at), this.byEmitter(at), this.byObservable(at), this.byGenerator(at)];
    await Promise.all(ways);
    this.tracker.emit('joined');
  }

  private byTimer(at: number): Promise<void> {
    return this.tracker.context({ way: 'timer', depth: 2 }, async () => {
      await after(at % 5);
      await this.tracker.context({ depth: 3, at }, async () => {
        await Promise.resolve();
        this.tracker.enterContext('entered', { entered: at });
        await turn();
        this.tracker.emit('way');
      });
    });
  }

  private byStream(at: number): Promise<void> {
    return this.tracker.context({ way: 'stream', depth: 2, at, entered: at }, async () => {
      const passing = new Transform({
        transform: (chunk: Buffer, _encoding, done) => {
          setImmediate(done, null, chunk);
        },
      });
      const chunks = async function* (): AsyncGenerator<string> {
        for (const chunk of ['a', 'b']) {
          await turn();
          yield chunk;
        }
      };
      passing.on('data', () => this.tracker.emit('data'));
      await pipeline(Readable.from(chunks()), passing);
      this.tracker.emit('way');
    });
  }

  private byEmitter(at: number): Promise<void> {
    return this.tracker.context({ way: 'emitter', depth: 2, at, entered: at }, async () => {
      const emitter = new EventEmitter();
      setTimeout(() => emitter.emit('done'), at % 3);
      await once(emitter, 'done');
      this.bus.emit('graded');
      this.tracker.emit('way');
    });
  }

  private byObservable(at: number): Promise<unknown> {
    return lastValueFrom(
      this.tracker.context({ way: 'observable', depth: 2, at, entered: at }, () =>
        defer(() => timer(at % 4)).pipe(tap(() => this.tracker.emit('way'))),
      ),
    );
  }

  private async byGenerator(at: number): Promise<void> {
    const { tracker } = this;
    const steps = tracker.context({ way: 'generator', depth: 2, at, entered: at }, async function* () {
      await turn();
      yield 1;
      currentTracker()?.emit('way');
    });
    for await (const step of steps) tracker.emit(step === 1 ? 'outside' : 'unexpected');
  }
}

/** Over when every request has done what it does after its answer. */
@Injectable()
class Countdown {
  private left = REQUESTS;
  private end = (): void => undefined;
  readonly over = new Promise<void>((resolve) => (this.end = resolve));

  next(): void {
    if (--this.left === 0) this.end();
  }
}

@Controller('courses')
class CoursesController {
  constructor(
    private readonly tracker: TrackerService,
    private readonly service: WorkService,
    private readonly countdown: Countdown,
  ) {}

  @Post(':course')
  async show(@Param('course') course: string, @Body() { at }: { at: number }): Promise<object> {
    this.tracker.emit('handler');
    await this.service.work(course, at);
    // Work that goes on after the answer belongs to the request still.
    setTimeout(() => {
      this.tracker.emit('later');
      this.countdown.next();
    }, 1);
    return { guard: cls.get<unknown>('guard.user'), service: cls.get<unknown>('service.course') };
  }
}

const mounts: readonly (readonly [string, readonly DynamicModule[]])[] = [
  ['no ClsModule of its own', []],
  ['its own ClsModule.forRoot', [ClsModule.forRoot({ global: true, middleware: { mount: true } })]],
];

describe.each(platforms)('A thousand interleaved requests on %s', (_platform, Adapter) => {
  it.each(mounts)(
    'have no wrong value anywhere, in an application with %s',
    async (_mount, modules) => {
      const run = await TestCase.of({
        controllers: [CoursesController],
        providers: [
          WorkService,
          Countdown,
          { provide: APP_GUARD, useClass: ClsUserGuard },
          { provide: APP_INTERCEPTOR, useClass: EmittingInterceptor },
        ],
      })
        .importing(...modules)
        .on(Adapter)
        .tracking({ backends: { sink: backend(MemoryBackend, { maxEvents: 100 * REQUESTS }) } })
        .start();
      let sockets = 0;
      (run.app.getHttpServer() as Server).on('connection', () => sockets++);
      const client = new KeepAliveClient(await run.url(), SOCKETS);

      const answers = await Promise.all(
        Array.from({ length: REQUESTS }, (_, at) =>
          client.send(
            'POST',
            `/courses/course-${at}?page=${at}`,
            { 'x-request-id': `request-${at}`, 'user-agent': `agent-${at}`, 'x-test-user': JSON.stringify(userOf(at)) },
            // Every other body comes in packets of its own, when other requests have come between.
            at % 2 === 0 ? [JSON.stringify({ at })] : ['{"a', `t":${at}`, '}'],
          ),
        ),
      );
      client.close();
      await run.app.get(Countdown).over;

      expect(answers).toEqual(answers.map((_, at) => ({ status: 201, body: { guard: at, service: `course-${at}` } })));
      expect(sockets).toBeLessThanOrEqual(SOCKETS);
      const events = new Map<unknown, IdentifiedEvent[]>(answers.map((_, at) => [at, []]));
      for (const event of run.events()) events.get(event.context['user_id'])!.push(event);
      expect([...events].flatMap(([at, ofUser]) => wrongIn(Number(at), ofUser))).toEqual([]);
    },
    120_000,
  );
});

/** What is not as it has to be in the events of one user. */
function wrongIn(at: number, events: readonly IdentifiedEvent[]): unknown[] {
  const request: EventFields = {
    request_id: `request-${at}`,
    ip: '127.0.0.1',
    agent: `agent-${at}`,
    path: `/courses/course-${at}`,
    method: 'POST',
    user_id: at,
    username: `user-${at}`,
  };
  const service = { ...request, course: `course-${at}`, depth: 1 };
  const way = (name: string, depth = 2): EventFields => ({ ...service, way: name, depth, at, entered: at });
  const expected: [string, EventFields][] = [
    ['before', request],
    ['handler', request],
    ['way', way('timer', 3)],
    ['data', way('stream')],
    ['data', way('stream')],
    ['way', way('stream')],
    ['listener', way('emitter')],
    ['way', way('emitter')],
    ['way', way('observable')],
    ['way', way('generator')],
    ['outside', service],
    ['joined', service],
    ['worked', service],
    ['after', request],
    ['later', request],
  ];
  const texts = (all: readonly (readonly [string, EventFields])[]): string[] =>
    all.map(([name, { host, ...context }]) => JSON.stringify([name, Object.entries(context).toSorted()])).toSorted();
  const seen = texts(events.map(({ name, context }) => [name, context]));
  const wanted = texts(expected);
  return JSON.stringify(seen) === JSON.stringify(wanted) ? [] : [{ at, seen, wanted }];
}

import { once } from 'node:events';
import { request as send } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  Get,
  Injectable,
  Req,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { concat, interval, map, Subject, take, tap, throwError, type Observable } from 'rxjs';
import { TrackerService, TrackEvent, TrackingContext, type TrackOutcome } from 'nestjs-event-tracking';
import { platforms, TestCase, type RunningCase } from '../support/test-case';
import { until } from '../support/until';

const settled = (name: string): MethodDecorator =>
  TrackEvent(name, {
    on: 'settled',
    data: ({ count, error }: TrackOutcome<unknown[], unknown>) => ({ count, failed: error !== undefined }),
  }) as MethodDecorator;

interface UserRequest {
  readonly user: { readonly id: number };
}

/** Emits when the answer goes out, as an access log does. */
@Injectable()
class Audit implements NestInterceptor {
  constructor(private readonly tracker: TrackerService) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { user } = context.switchToHttp().getRequest<UserRequest>();
    return next.handle().pipe(tap(() => this.tracker.emit('answered', { who: user.id })));
  }
}

describe.each(platforms)('A handler on %s', (_platform, adapter) => {
  @Controller()
  class Meter {
    readonly room$ = new Subject<string>();

    constructor(private readonly tracker: TrackerService) {}

    private ticks(count: number): Observable<{ data: object }> {
      return interval(1).pipe(
        take(count),
        tap(() => this.tracker.emit('tick')),
        map((at) => ({ data: { at } })),
      );
    }

    @Sse('sse')
    @settled('sse')
    @TrackingContext({ meter: 'm-7' })
    async sse(): Promise<Observable<{ data: object }>> {
      await turn();
      return this.ticks(3);
    }

    @Sse('failing')
    @TrackingContext({ meter: 'm-7' })
    @settled('failing')
    async failing(): Promise<Observable<{ data: object }>> {
      await turn();
      return concat(
        this.ticks(2),
        throwError(() => new Error('the meter is gone')),
      );
    }

    @Get('observable')
    @settled('observable')
    @TrackingContext({ meter: 'm-7' })
    async observable(): Promise<Observable<object>> {
      await turn();
      return this.ticks(2);
    }

    @Get('generator')
    @settled('generator')
    @TrackingContext({ meter: 'm-7' })
    async *generator(): AsyncGenerator<string> {
      for (const text of ['a', 'b']) {
        await turn();
        this.tracker.emit('tick');
        yield text;
      }
    }

    @Get('file')
    @settled('file')
    file(): StreamableFile {
      return new StreamableFile(Readable.from(['con', 'tent']));
    }

    @Get('endless')
    @settled('endless')
    async endless(): Promise<StreamableFile> {
      await turn();
      return new StreamableFile(
        new Readable({
          read() {
            setImmediate(() => this.push('x'));
          },
        }),
      );
    }

    @Get('broken')
    @settled('broken')
    broken(): StreamableFile {
      return new StreamableFile(
        new Readable({
          read() {
            this.destroy(new Error('the disk is gone'));
          },
        }),
      );
    }

    /** Its messages are sent in the request of whoever posts them. */
    @Sse('room')
    @UseInterceptors(Audit)
    @TrackingContext(({ args: [request] }) => ({ scope_of: (request as UserRequest).user.id }))
    room(@Req() _request: UserRequest): Observable<{ data: string }> {
      return this.room$.pipe(
        take(1),
        map((data) => ({ data })),
      );
    }

    @Get('say')
    say(): string {
      this.room$.next('hi');
      return 'said';
    }
  }

  let run: RunningCase;
  const ended = (): object[] => run.events().flatMap(({ name, data }) => (name === 'tick' ? [] : [{ name, ...data }]));
  const ticks = (): unknown[] =>
    run.events().flatMap(({ name, context }) => (name === 'tick' ? [context['meter']] : []));

  beforeEach(async () => {
    run = await TestCase.of({ controllers: [Meter], providers: [Audit] })
      .on(adapter)
      .start();
  });

  it.each([
    ['sse', 3, false],
    ['failing', 2, true],
    ['observable', 2, false],
    ['generator', 2, false],
  ] as const)('that gives a stream later is tracked to its end, in its scope: %s', async (path, count, failed) => {
    await run.get(`/${path}`);
    await until(() => ended().length > 0);
    expect(ended()).toEqual([{ name: path, count, failed }]);
    expect(ticks()).toEqual(new Array(count).fill('m-7'));
    expect(run.events().at(-1)!.name).toBe(path);
  });

  it('that gives a file is tracked when it was sent, when it failed, and when the client has left', async () => {
    const { body } = await run.get('/file');
    expect(String(body)).toBe('content');
    await until(() => ended().length === 1);
    await run.get('/broken').catch(() => undefined);
    await until(() => ended().length === 2);
    const asked = send(await run.url('/endless')).end();
    const [response] = (await once(asked, 'response')) as [Readable];
    await once(response, 'data');
    expect(ended()).toHaveLength(2);
    asked.destroy();
    await until(() => ended().length === 3);
    expect(ended()).toEqual([
      { name: 'file', count: 1, failed: false },
      { name: 'broken', count: 0, failed: true },
      { name: 'endless', count: 0, failed: false },
    ]);
  });

  it('that gives what others feed answers in the request of its reader', async () => {
    const room = run.get('/room', { as: { userId: 2 } });
    await until(() => run.app.get(Meter).room$.observed);
    await run.get('/say', { as: { userId: 1 } });
    await room;
    const answered = run.events().filter(({ name }) => name === 'answered');
    expect(answered.map(({ data, context }) => [data['who'], context['user_id'], context['scope_of']])).toEqual([
      [2, 2, undefined],
    ]);
  });
});

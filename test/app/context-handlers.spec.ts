import { once } from 'node:events';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { BullModule, getQueueToken, Process, Processor } from '@nestjs/bull';
import { Controller, Get, Injectable, Param, Sse } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Args, Field, GraphQLModule, Int, Mutation, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Queue } from 'bull';
import { from, lastValueFrom, map, take, tap, timer, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { TrackerService, TrackEvent, TrackingContext, type IdentifiedEvent } from 'nestjs-event-tracking';
import { describeWithServices } from '../support/services';
import { platforms, TestCase, type RunningCase } from '../support/test-case';
import { until } from '../support/until';

/**
 * What handlers of every kind call: it knows nothing of them, and its events know where they come
 * from.
 */
@Injectable()
class CoursesService {
  constructor(private readonly tracker: TrackerService) {}

  async load(id: string): Promise<string> {
    await turn();
    this.tracker.emit('course.loaded', { id });
    return `course ${id}`;
  }
}

const shortly = (events: readonly IdentifiedEvent[]): unknown[] =>
  events.map(({ name, data, context }) => [name, data, context]);

/** Events come by ways that nobody can await. */
async function eventsOf(run: RunningCase, count: number): Promise<IdentifiedEvent[]> {
  await until(
    () => run.events().length >= count,
    () => JSON.stringify(run.events()),
  );
  return run.events();
}

describe.each(platforms)('An HTTP handler on %s', (_platform, Adapter) => {
  it('gets context from @TrackingContext on class and method, and emits with @TrackEvent', async () => {
    @TrackingContext({ area: 'courses', level: 'class' })
    @Controller('courses')
    class CoursesController {
      constructor(private readonly courses: CoursesService) {}

      @Get(':id')
      @TrackEvent('course.shown', ({ args: [id], result }) => ({
        id: id as string,
        title: (result as { title: string }).title,
      }))
      @TrackingContext(({ args: [id] }) => ({ course_id: id as string, level: 'method' }))
      async show(@Param('id') id: string): Promise<object> {
        return { title: await this.courses.load(id) };
      }
    }
    const run = await TestCase.of({ controllers: [CoursesController], providers: [CoursesService] })
      .on(Adapter)
      .start();
    await run.get('/courses/a', { as: { userId: 1 } });
    const context = { area: 'courses', level: 'method', course_id: 'a', user_id: 1, path: '/courses/a' };
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'course.loaded', context: expect.objectContaining(context) }),
      expect.objectContaining({
        name: 'course.shown',
        data: { id: 'a', title: 'course a' },
        context: expect.objectContaining(context),
      }),
    ]);
  });
});

describe.each(platforms)('A handler of server-sent events on %s', (_platform, Adapter) => {
  it('gets context from @TrackingContext for all that its stream does, and emits with @TrackEvent at its end', async () => {
    @Controller()
    class ProgressController {
      constructor(private readonly tracker: TrackerService) {}

      @Sse('progress/:id')
      @TrackEvent('progress.over', ({ count, result }) => ({ count, result: result as object }))
      @TrackingContext(({ args: [id] }) => ({ course_id: id as string }))
      progress(@Param('id') id: string): Observable<object> {
        return timer(1, 1).pipe(
          take(2),
          map((at) => ({ data: { id, at } })),
          tap(() => this.tracker.emit('progress')),
        );
      }
    }
    const run = await TestCase.of({ controllers: [ProgressController] })
      .on(Adapter)
      .start();
    const { body } = await run.get('/progress/a', { as: { userId: 1 } });
    expect(body).toMatch(/data: \{"id":"a","at":0\}[^]*data: \{"id":"a","at":1\}/);
    const context = expect.objectContaining({ course_id: 'a', path: '/progress/a', user_id: 1 });
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'progress', context }),
      expect.objectContaining({ name: 'progress', context }),
      expect.objectContaining({
        name: 'progress.over',
        data: { count: 2, result: { data: { id: 'a', at: 1 } } },
        context,
      }),
    ]);
  });
});

describe('A GraphQL resolver', () => {
  @ObjectType()
  class Course {
    @Field()
    id!: string;

    @Field()
    title!: string;

    @Field(() => Int)
    size!: number;
  }

  @TrackingContext({ area: 'graphql' })
  @Resolver(() => Course)
  class CoursesResolver {
    constructor(private readonly courses: CoursesService) {}

    @Query(() => Course)
    @TrackEvent('course.queried', ({ args: [id] }) => ({ id: id as string }))
    @TrackingContext(({ args: [id] }) => ({ course_id: id as string }))
    async course(@Args('id') id: string): Promise<object> {
      return { id, title: await this.courses.load(id) };
    }

    @ResolveField()
    @TrackEvent('size.resolved')
    async size(): Promise<number> {
      await turn();
      return 7;
    }

    @Mutation(() => Boolean)
    @TrackEvent('course.removed', { on: 'error', data: ({ error }) => ({ why: String(error) }) })
    remove(@Args('id') id: string): boolean {
      throw new Error(`${id} is in use`);
    }
  }

  it('gets the context of its request and of @TrackingContext, and emits with @TrackEvent', async () => {
    const run = await TestCase.of({
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, graphiql: false }),
      ],
      providers: [CoursesResolver, CoursesService],
    }).start();
    const query = '{ a: course(id: "a") { title size } b: course(id: "b") { title size } }';
    const answer = await run.post('/graphql', { query }, { headers: { 'user-agent': 'a client' } });
    expect(answer.body).toEqual({
      data: { a: { title: 'course a', size: 7 }, b: { title: 'course b', size: 7 } },
    });
    await run.post('/graphql', { query: 'mutation { remove(id: "a") }' });
    const events = run.events();
    const inCourse = (id: string): unknown =>
      expect.objectContaining({ area: 'graphql', course_id: id, path: '/graphql', agent: 'a client' });
    for (const name of ['course.loaded', 'course.queried']) {
      for (const id of ['a', 'b']) {
        expect(events).toContainEqual(expect.objectContaining({ name, data: { id }, context: inCourse(id) }));
      }
    }
    const resolved = events.filter(({ name }) => name === 'size.resolved');
    expect(resolved).toHaveLength(2);
    for (const { context } of resolved) {
      expect(context).toMatchObject({ area: 'graphql', path: '/graphql' });
      expect(context).not.toHaveProperty('course_id');
    }
    expect(events.at(-1)).toMatchObject({ name: 'course.removed', data: { why: 'Error: a is in use' } });
    expect(events).toHaveLength(7);
  });
});

describe('A handler of a TCP microservice', () => {
  @TrackingContext({ area: 'tcp' })
  @Controller()
  class CoursesController {
    constructor(
      private readonly courses: CoursesService,
      private readonly tracker: TrackerService,
    ) {}

    @MessagePattern('show')
    @TrackEvent('course.shown', ({ args: [id], result, count }) => ({
      id: id as string,
      result: result as string,
      count,
    }))
    @TrackingContext(({ args: [id] }) => ({ course_id: id as string }))
    show(@Payload() id: string): Observable<string> {
      return from(this.courses.load(id));
    }

    @EventPattern('viewed')
    @TrackEvent('course.viewed')
    viewed(@Payload() id: string): void {
      this.tracker.enterContext('viewed', { viewed: id });
    }
  }

  it('gets context from @TrackingContext, and emits with @TrackEvent', async () => {
    const run = await TestCase.of({ controllers: [CoursesController], providers: [CoursesService] })
      .prepared(async (app) => {
        app.connectMicroservice<MicroserviceOptions>({
          transport: Transport.TCP,
          options: { host: '127.0.0.1', port: 0 },
        });
        await app.startAllMicroservices();
      })
      .start();
    const server = run.app.getMicroservices()[0]!.unwrap<NetServer>();
    const { port } = server.address() as AddressInfo;
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    const shown = await run.tracker.context({ of: 'the client' }, () =>
      Promise.all(['a', 'b'].map((id) => lastValueFrom(client.send<string>('show', id)))),
    );
    await lastValueFrom(client.emit('viewed', 'c'), { defaultValue: undefined });
    const events = await eventsOf(run, 5);
    client.close();
    expect(shown).toEqual(['course a', 'course b']);
    const context = (course_id: string): object => ({ area: 'tcp', course_id });
    for (const id of ['a', 'b']) {
      const ofCourse = events.filter(({ data }) => data['id'] === id);
      expect(shortly(ofCourse)).toEqual([
        ['course.loaded', { id }, context(id)],
        ['course.shown', { id, result: `course ${id}`, count: 1 }, context(id)],
      ]);
    }
    expect(shortly(events.slice(4))).toEqual([['course.viewed', {}, { area: 'tcp', viewed: 'c' }]]);
  });
});

describe('A handler of a WebSocket gateway', () => {
  @TrackingContext({ area: 'ws' })
  @WebSocketGateway()
  class CoursesGateway {
    constructor(private readonly courses: CoursesService) {}

    @SubscribeMessage('show')
    @TrackEvent('course.shown', ({ args }) => ({ id: args.at(-1) as string }))
    @TrackingContext(({ args }) => ({ course_id: args.at(-1) as string }))
    async show(@MessageBody() id: string): Promise<object> {
      return { event: 'shown', data: await this.courses.load(id) };
    }
  }

  it('gets context from @TrackingContext, and emits with @TrackEvent', async () => {
    const run = await TestCase.of({ providers: [CoursesGateway, CoursesService] })
      .prepared((app) => app.useWebSocketAdapter(new WsAdapter(app)))
      .start();
    const socket = new WebSocket((await run.url()).replace('http', 'ws'));
    await once(socket, 'open');
    const answers: unknown[] = [];
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (text: Buffer) => {
        if (answers.push(JSON.parse(text.toString())) === 2) resolve();
      });
    });
    for (const id of ['a', 'b']) socket.send(JSON.stringify({ event: 'show', data: id }));
    await answered;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    expect(answers).toEqual(expect.arrayContaining(['a', 'b'].map((id) => ({ event: 'shown', data: `course ${id}` }))));
    for (const id of ['a', 'b']) {
      expect(shortly(run.events().filter(({ data }) => data['id'] === id))).toEqual([
        ['course.loaded', { id }, { area: 'ws', course_id: id }],
        ['course.shown', { id }, { area: 'ws', course_id: id }],
      ]);
    }
  });
});

describe('A scheduled job', () => {
  it('gets context from @TrackingContext, and emits with @TrackEvent, anew each time', async () => {
    @Injectable()
    class Jobs {
      private runs = 0;

      constructor(
        private readonly courses: CoursesService,
        private readonly schedule: SchedulerRegistry,
        private readonly tracker: TrackerService,
      ) {}

      @Interval('often', 2)
      @TrackingContext(({ self }) => ({ job: 'often', run: ++(self as Jobs).runs }))
      @TrackEvent('job.done')
      async often(): Promise<void> {
        if (this.runs === 2) this.schedule.deleteInterval('often');
        this.tracker.enterContext('entered', { [`entered_${this.runs}`]: true });
        await this.courses.load('a');
      }

      @Cron('0 0 3 * * *', { name: 'nightly' })
      @TrackEvent('job.done')
      @TrackingContext({ job: 'nightly' })
      async nightly(): Promise<void> {
        await this.courses.load('b');
      }
    }
    const run = await TestCase.of({
      imports: [ScheduleModule.forRoot()],
      providers: [Jobs, CoursesService],
    }).start();
    const often = await eventsOf(run, 4);
    await run.app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
    const all = await eventsOf(run, 6);
    expect(shortly(often).toSorted()).toEqual(
      [1, 2]
        .flatMap((at) => [
          ['course.loaded', { id: 'a' }, { job: 'often', run: at, [`entered_${at}`]: true }],
          ['job.done', {}, { job: 'often', run: at, [`entered_${at}`]: true }],
        ])
        .toSorted(),
    );
    expect(shortly(all.slice(4))).toEqual([
      ['course.loaded', { id: 'b' }, { job: 'nightly' }],
      ['job.done', {}, { job: 'nightly' }],
    ]);
  });
});

describe('A handler of @OnEvent', () => {
  it('gets the context of whoever emits and of @TrackingContext, and emits with @TrackEvent', async () => {
    @Injectable()
    class Listeners {
      constructor(
        private readonly courses: CoursesService,
        private readonly tracker: TrackerService,
      ) {}

      @OnEvent('course.opened')
      @TrackingContext({ listener: 'sync' })
      @TrackEvent('listened', ({ args: [course] }) => ({ id: (course as { id: string }).id }))
      opened({ id }: { id: string }): void {
        this.tracker.emit('opened', { id });
      }

      @OnEvent('course.opened', { async: true })
      @TrackingContext({ listener: 'async' })
      @TrackEvent('listened', ({ args: [course] }) => ({ id: (course as { id: string }).id }))
      async openedLater({ id }: { id: string }): Promise<void> {
        await this.courses.load(id);
      }
    }
    @Controller()
    class CoursesController {
      constructor(
        private readonly bus: EventEmitter2,
        private readonly tracker: TrackerService,
      ) {}

      @Get('open/:id')
      open(@Param('id') id: string): object {
        this.tracker.context({ opening: id }, () => this.bus.emit('course.opened', { id }));
        this.tracker.emit('answered', { id });
        return {};
      }
    }
    const run = await TestCase.of({
      imports: [EventEmitterModule.forRoot()],
      controllers: [CoursesController],
      providers: [Listeners, CoursesService],
    }).start();
    await Promise.all(['a', 'b'].map((id) => run.get(`/open/${id}`)));
    const events = await eventsOf(run, 10);
    for (const id of ['a', 'b']) {
      const ofCourse = events.filter(({ data }) => data['id'] === id);
      const seen = ofCourse.map(({ name, context: { path, opening, listener } }) => [name, path, opening, listener]);
      expect(seen.toSorted()).toEqual([
        ['answered', `/open/${id}`, undefined, undefined],
        ['course.loaded', `/open/${id}`, id, 'async'],
        ['listened', `/open/${id}`, id, 'async'],
        ['listened', `/open/${id}`, id, 'sync'],
        ['opened', `/open/${id}`, id, 'sync'],
      ]);
    }
  });
});

describeWithServices(['redis'], 'A Bull worker', ({ redis }) => {
  it('gets context from @TrackingContext, and emits with @TrackEvent', async () => {
    @Processor('courses')
    class CoursesWorker {
      constructor(private readonly courses: CoursesService) {}

      @Process({ name: 'load', concurrency: 4 })
      @TrackEvent('job.done', ({ args: [job], result }) => ({
        id: (job as { data: { id: string } }).data.id,
        result: result as string,
      }))
      @TrackingContext(({ args: [job] }) => (job as { data: { context: object } }).data.context)
      @TrackingContext({ area: 'bull' })
      async load({ data }: { data: { id: string } }): Promise<string> {
        return this.courses.load(data.id);
      }
    }
    const run = await TestCase.of({
      imports: [
        BullModule.forRoot({ redis, prefix: `tracking-${process.pid}` }),
        BullModule.registerQueue({ name: 'courses' }),
      ],
      providers: [CoursesWorker, CoursesService],
    }).start();
    const queue = run.app.get<Queue>(getQueueToken('courses'));
    const results = await run.tracker.context({ of: 'the client' }, async () => {
      const jobs = await Promise.all(
        ['a', 'b', 'c'].map((id, user_id) =>
          queue.add('load', { id, context: { user_id } }, { removeOnComplete: true }),
        ),
      );
      return Promise.all(jobs.map((job) => job.finished() as Promise<unknown>));
    });
    await run.close();
    expect(results).toEqual(['course a', 'course b', 'course c']);
    for (const [user_id, id] of ['a', 'b', 'c'].entries()) {
      expect(shortly(run.events().filter(({ data }) => data['id'] === id))).toEqual([
        ['course.loaded', { id }, { user_id, area: 'bull' }],
        ['job.done', { id, result: `course ${id}` }, { user_id, area: 'bull' }],
      ]);
    }
  });
});

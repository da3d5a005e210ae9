import { once } from 'node:events';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { BullModule, getQueueToken, Process, Processor } from '@nestjs/bull';
import { Controller } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Queue } from 'bull';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { WebSocket } from 'ws';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { describeWithServices } from '../support/services';
import { TestCase } from '../support/test-case';
import { CoursesService, eventsOf, shortly } from './handler-parts';

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

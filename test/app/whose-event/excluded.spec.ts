import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { backend, MemoryBackend, TrackerService, TrackingModule } from 'nestjs-event-tracking';
import { platforms, TestCase } from '../../support/test-case';
import { EchoClient } from './ways/shared-connections';

describe.each(platforms)('A request without a scope on %s', (_platform, Adapter) => {
  it('carries nothing of another request in whose flow it comes', async () => {
    const client = new EchoClient();
    await client.open();

    @Controller()
    class BooksController {
      constructor(private readonly tracker: TrackerService) {}

      @Get(['with', 'without'])
      show(): void {
        this.tracker.emit('shown');
      }
    }
    class SharedModule {
      configure(consumer: { apply(use: unknown): { forRoutes(path: string): void } }): void {
        const use = (_request: unknown, _response: unknown, next: () => void): void => {
          client.ask(next);
        };
        consumer.apply(use).forRoutes('{*path}');
      }
    }
    const run = await TestCase.of({ controllers: [BooksController], imports: [SharedModule] })
      .on(Adapter)
      .tracking({ requestContext: { exclude: ['without'] }, backends: { sink: backend(MemoryBackend) } })
      .start();
    await run.get('/with', { as: { userId: 1 } });
    await run.get('/without', { as: { userId: 2 } });
    await run.get('/with', { as: { userId: 3 } });
    client.close();
    expect(run.events().map(({ context }) => context['user_id'])).toEqual([1, undefined, 3]);
    expect(run.events()[1]!.context).toEqual({});
  });
});

type Next = (error?: unknown) => void;

/** An application as main.ts makes it, with what it mounts itself. */
describe('What main.ts mounts by app.use', () => {
  const client = new EchoClient();
  beforeAll(() => client.open());
  afterAll(() => {
    client.close();
  });

  it.each(platforms)('carries nothing of another request in whose flow it comes, on %s', async (_platform, Adapter) => {
    const seen = await eventsOf(new Adapter(), ['/begin', '/raw', '/listed'], (app, emit) => {
      app.use(goOn);
      const answer = (request: IncomingMessage, response: ServerResponse): void => {
        emit(request);
        response.end();
      };
      app.use('/raw', answer);
      app.use('/listed', answer);
    });
    expect(seen).toEqual([
      ['/begin', '/begin'],
      ['/raw', undefined],
      ['/listed', undefined],
    ]);
  });

  it('is mounted as without us on Express: lists, routers, applications and handlers of errors', async () => {
    const paths = ['/begin', '/a/b', '/router/x', '/application/x', '/error'];
    const parents: unknown[] = [];
    const seen = await eventsOf(new ExpressAdapter(), paths, (app, emit) => {
      const answer = (request: IncomingMessage, response: ServerResponse): void => {
        emit(request);
        response.end();
      };
      const application = express().get('/x', answer);
      application.on('mount', (parent) => parents.push(parent));
      app.use([goOn]);
      app.use(['/a/b'], answer);
      app.use('/router', express.Router().get('/x', answer));
      app.use('/application', application);
      app.use('/error', (_request: unknown, _response: unknown, next: Next) => {
        next(new Error('no'));
      });
      app.use('/error', (error: Error, request: IncomingMessage, response: ServerResponse, _next: Next) => {
        expect(error.message).toBe('no');
        answer(request, response);
      });
    });
    expect(parents).toHaveLength(1);
    expect(seen).toEqual(paths.map((path) => [path, path === '/begin' ? path : undefined]));
  });

  function goOn(_request: unknown, _response: unknown, next: Next): void {
    client.ask(next);
  }
});

interface Mounting {
  use(...args: unknown[]): unknown;
}

/** @returns of each event the path that was asked for, and the one that it carries */
async function eventsOf(
  adapter: InstanceType<(typeof platforms)[number][1]>,
  paths: readonly string[],
  mount: (app: Mounting, emit: (request: IncomingMessage) => void) => void,
): Promise<unknown[][]> {
  @Controller()
  class BeginController {
    constructor(private readonly tracker: TrackerService) {}

    @Get('begin')
    begin(): void {
      this.tracker.emit('seen', { path: '/begin' });
    }
  }
  const root: DynamicModule = {
    module: class Root {},
    imports: [TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } })],
    controllers: [BeginController],
  };
  const app = await NestFactory.create(root, adapter, { logger: false, abortOnError: false });
  const tracker = app.get(TrackerService);
  mount(app, (request) => {
    tracker.emit('seen', { path: (request as { originalUrl?: string }).originalUrl });
  });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  try {
    for (const path of paths) await (await fetch(`http://127.0.0.1:${String(port)}${path}`)).text();
    const events = tracker.backend<MemoryBackend>('sink').events('seen');
    return events.map(({ data, context }) => [data['path'], context['path']]);
  } finally {
    await app.close();
  }
}

import { Controller, Get } from '@nestjs/common';
import { backend, MemoryBackend, TrackerService } from 'nestjs-event-tracking';
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

import { Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { platforms, TestCase } from '../support/test-case';
import { Plain, called } from './wrapped-method-parts';

describe.each(platforms)('A tracked method in a request on %s', (_platform, adapter) => {
  @Injectable({ scope: Scope.REQUEST })
  class RequestProvider extends Plain {}

  @Controller({ path: 'scoped', scope: Scope.REQUEST })
  class ScopedController {
    constructor(private readonly provider: RequestProvider) {}

    @Get()
    @TrackEvent('handler')
    get(): string {
      return this.provider.call();
    }
  }

  class Entity {
    @TrackEvent('created')
    static create(): Entity {
      return new Entity();
    }

    @TrackEvent('renamed')
    @TrackingContext({ entity: 'own' })
    async rename(): Promise<string> {
      return Promise.resolve('renamed');
    }
  }

  @Controller('entity')
  class EntityController {
    @Get()
    async get(): Promise<string> {
      await Promise.resolve();
      return Entity.create().rename();
    }
  }

  it('is tracked in request-scoped controllers and providers', async () => {
    const run = await TestCase.of({ controllers: [ScopedController], providers: [RequestProvider] })
      .on(adapter)
      .as({ userId: 7 })
      .start();
    expect(await run.get('/scoped')).toEqual({ status: 200, body: 'given' });
    expect(await run.get('/scoped')).toEqual({ status: 200, body: 'given' });
    expect(run.events().map(({ name, context }) => [name, context.user_id])).toEqual([
      ['called', 7],
      ['handler', 7],
      ['called', 7],
      ['handler', 7],
    ]);
  });

  it('is tracked if a factory creates an instance for each request', async () => {
    @Controller()
    class FactoryController {
      constructor(@Inject('FACTORY') private readonly provider: Plain) {}

      @Get()
      get(): string {
        return this.provider.call();
      }
    }
    const run = await TestCase.of({
      controllers: [FactoryController],
      providers: [{ provide: 'FACTORY', scope: Scope.REQUEST, useFactory: () => new Plain() }],
    })
      .on(adapter)
      .start();
    expect((await run.get('/')).body).toBe('given');
    expect(run.events()).toEqual([called]);
  });

  it('is tracked by the tracker of the request if none is injected: with new, and static', async () => {
    const run = await TestCase.of({ controllers: [EntityController] })
      .on(adapter)
      .as({ userId: 7 })
      .start();
    expect(await run.get('/entity')).toEqual({ status: 200, body: 'renamed' });
    expect(run.events().map(({ name, context: { user_id, entity } }) => [name, user_id, entity])).toEqual([
      ['created', 7, undefined],
      ['renamed', 7, 'own'],
    ]);
  });

  it('is tracked outside of every scope by the running tracker if none is injected', async () => {
    const run = await TestCase.of({}).on(adapter).start();
    expect(await Entity.create().rename()).toBe('renamed');
    const { rename } = Entity.prototype;
    expect(await rename.call(undefined as never)).toBe('renamed');
    expect(run.events().map(({ name }) => name)).toEqual(['created', 'renamed', 'renamed']);
  });

  it('is tracked by the tracker of the scope in which it is called, also without an instance', async () => {
    const run = await TestCase.of({}).on(adapter).start();
    const { rename } = Entity.prototype;
    await run.tracker.context({}, () => rename.call(undefined as never));
    expect(run.events()).toEqual([expect.objectContaining({ name: 'renamed', context: { entity: 'own' } })]);
  });
});

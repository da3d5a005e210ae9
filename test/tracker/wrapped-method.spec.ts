import { inspect } from 'node:util';
import { Controller, forwardRef, Get, Inject, Injectable, Module, Scope, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  backend,
  getTrackerToken,
  MemoryBackend,
  TrackerService,
  TrackEvent,
  TrackingContext,
  TrackingModule,
} from 'nestjs-event-tracking';
import { buildTracking, closeLater, startTracking } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';

/** Nothing but the decorators, so that it can be made in every way. */
class Plain {
  @TrackEvent('called')
  @TrackingContext({ scope: 'plain' })
  call(text = 'given'): string {
    return text;
  }
}

const called = expect.objectContaining({ name: 'called', context: expect.objectContaining({ scope: 'plain' }) });

describe('A tracked method of an instance', () => {
  it.each<[string, object]>([
    ['made by Nest', Plain],
    ['made by Nest under another token', { provide: 'TOKEN', useClass: Plain }],
    ['made by a factory', { provide: 'TOKEN', useFactory: () => new Plain() }],
    ['made by an asynchronous factory', { provide: 'TOKEN', useFactory: async () => Promise.resolve(new Plain()) }],
    ['given as a value', { provide: 'TOKEN', useValue: new Plain() }],
    ['made for each who injects it', { provide: 'TOKEN', useClass: Plain, scope: Scope.TRANSIENT }],
  ])('%s is tracked', async (_how, provider) => {
    const token = 'provide' in provider ? 'TOKEN' : Plain;
    const run = await startTracking({}, { providers: [provider as never] });
    const instance = await run.app.resolve<Plain>(token as never).catch(() => run.app.get<Plain>(token as never));
    expect(instance.call()).toBe('given');
    expect(run.events()).toEqual([called]);
  });

  it('made by ModuleRef.create is tracked', async () => {
    const run = await startTracking();
    const instance = await run.app.get(ModuleRef).create(Plain);
    instance.call();
    expect(run.events()).toEqual([called]);
  });

  it('made by a factory of another module is tracked', async () => {
    @Module({ providers: [{ provide: 'TOKEN', useFactory: () => new Plain() }], exports: ['TOKEN'] })
    class FeatureModule {}
    const run = await startTracking({}, { imports: [FeatureModule] });
    run.app.get<Plain>('TOKEN', { strict: false }).call();
    expect(run.events()).toEqual([called]);
  });

  it('in a circle of providers is tracked', async () => {
    @Injectable()
    class Left {
      constructor(@Inject(forwardRef(() => Right)) readonly right: { call(): void; left: unknown }) {}

      @TrackEvent('left')
      call(): void {
        this.right.call();
      }
    }
    @Injectable()
    class Right {
      constructor(@Inject(forwardRef(() => Left)) readonly left: unknown) {}

      @TrackEvent('right')
      call(): void {}
    }
    const run = await startTracking({}, { providers: [Left, Right] });
    run.app.get(Left).call();
    expect(run.names()).toEqual(['right', 'left']);
  });

  it('is tracked when the instance calls itself', async () => {
    @Injectable()
    class Service {
      @TrackEvent('outer')
      outer(): void {
        this.inner();
      }

      @TrackEvent('inner')
      private inner(): void {}
    }
    const run = await startTracking({}, { providers: [Service] });
    run.app.get(Service).outer();
    expect(run.names()).toEqual(['inner', 'outer']);
  });

  it('that has frozen itself is tracked, whoever made it', async () => {
    class Frozen extends Plain {
      constructor() {
        super();
        Object.freeze(this);
      }
    }
    const run = await startTracking(
      {},
      {
        providers: [
          Frozen,
          { provide: 'FACTORY', useFactory: () => new Frozen() },
          { provide: 'VALUE', useValue: new Frozen() },
        ],
      },
    );
    for (const token of [Frozen, 'FACTORY', 'VALUE']) run.app.get<Plain>(token).call();
    expect(run.events()).toEqual([called, called, called]);
  });

  it('that holds itself is tracked', async () => {
    class Cyclic extends Plain {
      readonly self = this;
    }
    const run = await startTracking(
      {},
      { providers: [Cyclic, { provide: 'FACTORY', useFactory: () => new Cyclic() }] },
    );
    run.app.get(Cyclic).call();
    run.app.get<Cyclic>('FACTORY').self.self.call();
    expect(run.events()).toEqual([called, called]);
  });

  it('behind a proxy is tracked, also one that refuses to be asked what it is', async () => {
    const guarded = (target: Plain): Plain =>
      new Proxy(target, {
        get: (_target, key) => {
          if (key !== 'call') throw new Error(`no ${String(key)}`);
          return target.call;
        },
        getPrototypeOf: () => {
          throw new Error('no prototype');
        },
      });
    const run = await startTracking({}, { providers: [Plain] });
    const instance = run.app.get(Plain);
    new Proxy(instance, {}).call();
    expect(run.events()).toEqual([called]);
    expect(run.tracker.context({}, () => guarded(instance).call())).toBe('given');
    expect(run.events()).toEqual([called, called]);
  });

  it('does not show that it is: not when printed, compared, listed or copied', async () => {
    const run = await startTracking({}, { providers: [Plain, { provide: 'FACTORY', useFactory: () => new Plain() }] });
    for (const token of [Plain, 'FACTORY']) {
      const instance = run.app.get<Plain>(token);
      expect(inspect(instance)).toBe('Plain {}');
      expect(instance).toStrictEqual(new Plain());
      expect(Object.assign({}, instance)).toEqual({});
    }
  });

  it('leaves the instances of others as they are', async () => {
    class Other {}
    const [value, other] = [{ a: 1 }, new Other()];
    await startTracking(
      {},
      {
        providers: [
          { provide: 'VALUE', useValue: value },
          { provide: 'OTHER', useFactory: () => other },
        ],
      },
    );
    expect(Reflect.ownKeys(value)).toEqual(['a']);
    expect(Reflect.ownKeys(other)).toEqual([]);
  });

  it('keeps a start going past providers that are anything else', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    const run = await buildTracking(
      {},
      {
        providers: [
          ...[null, 7, 'text', Symbol('s'), () => 1, Object.create(null), Object.freeze([])].map((useValue, at) => ({
            provide: `VALUE${at}`,
            useValue: useValue as unknown,
          })),
          { provide: 'PROXY', useFactory: () => ({ held: proxy }) },
          { provide: 'UNDEFINED', useFactory: () => undefined },
        ],
      },
    );
    revoke();
    await expect(run.app.init()).resolves.toBeDefined();
  });
});

describe('A tracked method of a class', () => {
  class Base {
    @TrackEvent('base')
    call(): string {
      return 'base';
    }

    @TrackEvent('other')
    other(): void {}
  }

  it('is tracked in a subclass that inherits it', async () => {
    @Injectable()
    class Sub extends Base {}
    const run = await startTracking({}, { providers: [Sub] });
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['base']);
  });

  it('is not tracked where a subclass overrides it without a decorator, unless that calls it', async () => {
    @Injectable()
    class Sub extends Base {
      override call(): string {
        return 'sub';
      }

      override other(): void {
        super.other();
      }
    }
    const run = await startTracking({}, { providers: [Sub] });
    expect(run.app.get(Sub).call()).toBe('sub');
    expect(run.names()).toEqual([]);
    run.app.get(Sub).other();
    expect(run.names()).toEqual(['other']);
  });

  it('is tracked by its own decorator in a subclass that overrides it, and by both where that calls it', async () => {
    @Injectable()
    class Sub extends Base {
      @TrackEvent('sub')
      override call(): string {
        return 'sub';
      }

      @TrackEvent('sub other')
      override other(): void {
        super.other();
      }
    }
    const run = await startTracking({}, { providers: [Sub, Base] });
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['sub']);
    run.app.get(Sub).other();
    expect(run.names()).toEqual(['sub', 'other', 'sub other']);
    run.app.get(Base).call(); // which has no part in what its subclass added
    expect(run.names().slice(3)).toEqual(['base']);
  });

  it('is tracked beside injected properties, those of a subclass too', async () => {
    @Injectable()
    class Dependency {
      readonly value = 7;
    }
    class WithProperty extends Base {
      @Inject(Dependency) readonly first!: Dependency;
    }
    @Injectable()
    class Sub extends WithProperty {
      @Inject(Dependency) readonly second!: Dependency;

      @TrackEvent('sub')
      sum(): number {
        return this.first.value + this.second.value;
      }
    }
    const run = await startTracking({}, { providers: [Dependency, Sub] });
    expect(run.app.get(Sub).sum()).toBe(14);
    run.app.get(Sub).call();
    expect(run.names()).toEqual(['sub', 'base']);
  });

  it('is tracked in a class without a prototype of its own, under a symbol, and with private fields', async () => {
    const secret = Symbol('secret');
    @Injectable()
    class Service {
      #value = 'private';

      @TrackEvent('symbol')
      [secret](): string {
        return this.#value;
      }
    }
    const run = await startTracking({}, { providers: [Service] });
    expect(run.app.get(Service)[secret]()).toBe('private');
    expect(run.names()).toEqual(['symbol']);
    expect(Service.prototype[secret].name).toBe('[secret]');
  });
});

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

  it('is tracked where a factory makes an instance for each request', async () => {
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

  it('is tracked by the tracker of the request when nobody injected one: of new, and static', async () => {
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

  it('is tracked outside of every scope, by the tracker that runs, when nobody injected one', async () => {
    const run = await TestCase.of({}).on(adapter).start();
    expect(await Entity.create().rename()).toBe('renamed');
    const { rename } = Entity.prototype;
    expect(await rename.call(undefined as never)).toBe('renamed');
    expect(run.events().map(({ name }) => name)).toEqual(['created', 'renamed', 'renamed']);
  });

  it('is tracked by the tracker of the scope it is called in, also without an instance', async () => {
    const run = await TestCase.of({}).on(adapter).start();
    const { rename } = Entity.prototype;
    await run.tracker.context({}, () => rename.call(undefined as never));
    expect(run.events()).toEqual([expect.objectContaining({ name: 'renamed', context: { entity: 'own' } })]);
  });
});

describe('A tracked provider', () => {
  it('works in an application without TrackingModule: the method is just called', async () => {
    const data = jest.fn();
    @Injectable()
    class Service {
      @TrackEvent('done', data)
      @TrackingContext(data)
      call(): string {
        return 'given';
      }
    }
    const module = await Test.createTestingModule({
      providers: [Service, { provide: 'FACTORY', useFactory: () => new Service() }],
    }).compile();
    const app = closeLater(await module.init());
    expect(app.get(Service).call()).toBe('given');
    expect(app.get<Service>('FACTORY').call()).toBe('given');
    expect(data).not.toHaveBeenCalled();
  });

  it('is tracked by its own application where two run with the same classes', async () => {
    const providers = [Plain, { provide: 'FACTORY', useFactory: () => new Plain() }];
    const [one, two] = [await startTracking({}, { providers }), await startTracking({}, { providers })];
    one.app.get(Plain).call('one');
    two.app.get(Plain).call('two');
    two.app.get<Plain>('FACTORY').call('two');
    two.tracker.context({ of: 'two' }, () => one.app.get(Plain).call('one'));
    expect(one.events()).toEqual([called, called]);
    expect(two.events()).toEqual([called, called]);
    expect(one.last().context).toEqual({ scope: 'plain' });
  });

  it('that outlives its application, as a value does, is tracked by the next one', async () => {
    const providers = [{ provide: Plain, useValue: new Plain() }];
    const first = await startTracking({}, { providers });
    await first.app.close();
    const second = await startTracking({}, { providers });
    second.app.get(Plain).call();
    expect(first.events()).toEqual([]);
    expect(second.events()).toEqual([called]);
  });

  it('is tracked from the start on when a factory made it, and from its constructor on when Nest did', async () => {
    @Injectable()
    class Early extends Plain implements OnModuleInit {
      onModuleInit(): void {
        this.call();
      }
    }
    const run = await startTracking({}, { providers: [Early, { provide: 'FACTORY', useFactory: () => new Early() }] });
    expect(run.events()).toEqual([called, called]);
  });

  it('is just called in the scope of another tracker than its decorators name', async () => {
    class Entity {
      @TrackEvent('to audit', { tracker: 'audit' })
      call(): string {
        return 'given';
      }
    }
    const run = await startTracking();
    expect(run.tracker.context({}, () => new Entity().call())).toBe('given');
    expect(run.events()).toEqual([]);
  });

  it('is tracked by the trackers that its decorators name', async () => {
    @Injectable()
    class Service {
      @TrackEvent('to audit', { tracker: 'audit' })
      @TrackingContext({ audited: true }, { tracker: 'audit' })
      @TrackEvent('to default')
      call(): string {
        return 'given';
      }
    }
    const run = await startTracking(
      {},
      {
        imports: [TrackingModule.forRoot({ name: 'audit', backends: { audit_sink: backend(MemoryBackend) } })],
        providers: [Service, { provide: 'FACTORY', useFactory: () => new Service() }],
      },
    );
    expect(run.app.get(Service).call()).toBe('given');
    expect(run.app.get<Service>('FACTORY').call()).toBe('given');
    const audit = run.app.get<TrackerService>(getTrackerToken('audit'));
    const audited = audit.backend<MemoryBackend>('audit_sink').events();
    expect(audited.map(({ name, context }) => [name, context])).toEqual([
      ['to audit', { audited: true }],
      ['to audit', { audited: true }],
    ]);
    expect(run.events().map(({ name, context }) => [name, context])).toEqual([
      ['to default', {}],
      ['to default', {}],
    ]);
  });
});

import { inspect } from 'node:util';
import { forwardRef, Inject, Injectable, Module, Scope, type OnModuleInit } from '@nestjs/common';
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
import { Plain, called } from './wrapped-method-parts';

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

  it('in circular providers is tracked', async () => {
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

  it('that has frozen itself is tracked, whatever created it', async () => {
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

  it('that references itself is tracked', async () => {
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

  it('behind a proxy is tracked, also one whose traps throw', async () => {
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

  it('does not show that it is tracked when printed, compared, listed or copied', async () => {
    const run = await startTracking({}, { providers: [Plain, { provide: 'FACTORY', useFactory: () => new Plain() }] });
    for (const token of [Plain, 'FACTORY']) {
      const instance = run.app.get<Plain>(token);
      expect(inspect(instance)).toBe('Plain {}');
      expect(instance).toStrictEqual(new Plain());
      expect(Object.assign({}, instance)).toEqual({});
    }
  });

  it('does not change other instances', async () => {
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

  it('does not prevent the start with providers of any other kind', async () => {
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

  it('that outlives its application, as a value does, is tracked by the next application', async () => {
    const providers = [{ provide: Plain, useValue: new Plain() }];
    const first = await startTracking({}, { providers });
    await first.app.close();
    const second = await startTracking({}, { providers });
    second.app.get(Plain).call();
    expect(first.events()).toEqual([]);
    expect(second.events()).toEqual([called]);
  });

  it('is tracked from the start if a factory made it, and from its constructor if Nest made it', async () => {
    @Injectable()
    class Early extends Plain implements OnModuleInit {
      onModuleInit(): void {
        this.call();
      }
    }
    const run = await startTracking({}, { providers: [Early, { provide: 'FACTORY', useFactory: () => new Early() }] });
    expect(run.events()).toEqual([called, called]);
  });

  it('is called without tracking in the scope of a tracker that its decorators do not name', async () => {
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

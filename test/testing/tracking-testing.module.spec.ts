import { Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  backend,
  currentTracker,
  getBackendToken,
  getTrackerToken,
  InjectTracker,
  TrackEvent,
  TrackerService,
  TrackingContext,
  TrackingModule,
  type Backend,
  type TrackingEvent,
} from '../../src/entries';
import { events, fixedIds, TrackingTestingModule } from '../../src/entries/testing';
import { closeLater, CollectingBackend } from '../support/start-tracking';
import { EnrolmentService, compile, names } from './testing-module-parts';

describe('TrackingTestingModule', () => {
  it('has the events of a service even if the module is never started', async () => {
    const module = await compile();

    module.get(EnrolmentService).enrol('DemoX');

    expect(events(module, 'message.queued')).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        name: 'message.queued',
        timestamp: expect.any(Date),
        context: { course_id: 'DemoX' },
        data: { template: 'welcome' },
      },
    ]);
  });

  it('has what was emitted while the module was built', async () => {
    expect(names(await compile())).toEqual(['service.built']);
  });

  it('supports @TrackEvent and @TrackingContext', async () => {
    const module = await compile();

    expect(module.get(EnrolmentService).unenrol('DemoX')).toBe(20);

    expect(events(module, 'enrolment.ended')).toEqual([
      expect.objectContaining({ data: { refund: 20 }, context: { course_id: 'DemoX' } }),
    ]);
  });

  it('has each event once when the module is started after all', async () => {
    const module = await compile();
    module.get(EnrolmentService).enrol('DemoX');

    await module.init();
    module.get(EnrolmentService).enrol('DemoX');

    expect(names(module)).toEqual(['service.built', 'message.queued', 'message.queued']);
    expect(module.get(TrackerService).ledger.tracker()).toMatchObject({ emitted: 3, waiting: 0 });
  });

  it('is global: a module deep inside injects the tracker', async () => {
    @Module({ providers: [EnrolmentService] })
    class Deep {}
    @Module({ imports: [Deep] })
    class Feature {}
    const module = closeLater(
      await Test.createTestingModule({ imports: [TrackingTestingModule.forRoot(), Feature] }).compile(),
    );

    module.get(EnrolmentService, { strict: false }).enrol('DemoX');

    expect(names(module)).toContain('message.queued');
  });

  it('provides the tracker of the current flow', async () => {
    const module = await compile();
    const tracker = module.get(TrackerService);

    expect(tracker.context({ a: 1 }, () => currentTracker())).toBe(tracker);
  });

  it('supports trackers of several names at the same time', async () => {
    @Injectable()
    class Auditor {
      constructor(
        readonly tracker: TrackerService,
        @InjectTracker('audit') readonly audit: TrackerService,
      ) {}
    }
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingTestingModule.forRoot(), TrackingTestingModule.forRoot({ name: 'audit', ids: fixedIds() })],
        providers: [Auditor],
      }).compile(),
    );

    module.get(Auditor).tracker.emit('plain');
    module.get(Auditor).audit.emit('audited');

    expect(names(module)).toEqual(['plain']);
    expect(events(module, undefined, { tracker: 'audit' }).map(({ name, id }) => [name, id])).toEqual([
      ['audited', '00000000-0000-7000-8000-000000000001'],
    ]);
    expect(module.get(getTrackerToken('audit'))).toBe(module.get(Auditor).audit);
  });

  it('starts a node before its hooks, and calls the hooks when the module is started', async () => {
    const order: string[] = [];
    @Injectable()
    class Hooked implements Backend, OnModuleInit {
      send({ name }: TrackingEvent): void {
        order.push(name);
      }
      onModuleInit(): void {
        order.push('onModuleInit');
      }
    }
    const module = await compile({ backends: { hooked: backend(Hooked) } });
    await module.init();

    expect(order).toEqual(['service.built', 'onModuleInit']);
  });
});

describe('A service with @TrackEvent', () => {
  it('works in a unit test without any tracking module', async () => {
    @Injectable()
    class Plain {
      @TrackingContext({ a: 1 })
      @TrackEvent('plain')
      add(a: number, b: number): number {
        return a + b;
      }
    }
    const module = closeLater(await Test.createTestingModule({ providers: [Plain] }).compile());

    expect(module.get(Plain).add(2, 3)).toBe(5);
    expect(new Plain().add(2, 3)).toBe(5);
  });

  it('works with a stub in the place of the tracker', async () => {
    const stub = { emit: jest.fn(), context: (_values: object, body: () => unknown) => body() };
    const module = closeLater(
      await Test.createTestingModule({
        providers: [EnrolmentService, { provide: TrackerService, useValue: stub }],
      }).compile(),
    );

    module.get(EnrolmentService).enrol('DemoX');

    expect(stub.emit).toHaveBeenLastCalledWith('message.queued', { template: 'welcome' });
  });

  it('has its tracker once the module is started if a factory made it', async () => {
    class Made {
      @TrackEvent('made')
      run(): void {}
    }
    @Injectable()
    class User {
      constructor(@Inject('MADE') readonly made: Made) {}
    }
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingTestingModule.forRoot()],
        providers: [User, { provide: 'MADE', useFactory: () => new Made() }],
      }).compile(),
    );
    await module.init();

    module.get(User).made.run();

    expect(names(module)).toEqual(['made']);
  });
});

describe('TrackingModule', () => {
  it('does not send events before it is started, unlike TrackingTestingModule', async () => {
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingModule.forRoot({ backends: { collected: backend(CollectingBackend) } })],
      }).compile(),
    );

    module.get(TrackerService).emit('early');

    expect(module.get<CollectingBackend>(getBackendToken('collected')).names).toEqual([]);
  });
});

describe('TrackingTestingModule and transactions', () => {
  it('sends the events of a transaction with an outbox when it has resolved, and stores none', async () => {
    const module = await Test.createTestingModule({ imports: [TrackingTestingModule.forRoot()] }).compile();
    const tracker = module.get(TrackerService);
    const query = jest.fn();
    await tracker.transaction(async () => {
      await tracker.transaction(() => tracker.emit('a'), { outbox: { query } });
      expect(events(module)).toHaveLength(0);
    });
    expect([events(module).map(({ name }) => name), query.mock.calls]).toEqual([['a'], []]);
    await module.close();
  });
});

import { Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  backend,
  currentTracker,
  getBackendToken,
  getTrackerToken,
  InjectTracker,
  LoggerBackend,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackEvent,
  TrackerService,
  TrackingConfigException,
  TrackingContext,
  TrackingModule,
  type Backend,
  type EventProcessor,
  type TrackingEvent,
} from '../../src/entries';
import {
  events,
  fixedClock,
  fixedIds,
  TrackingTestingModule,
  type TrackingTestingOptions,
} from '../../src/entries/testing';
import { LogFolder } from '../support/log-folder';
import { closeLater, CollectingBackend, RecordingLogger } from '../support/start-tracking';

@Injectable()
class EnrolmentService {
  constructor(private readonly tracker: TrackerService) {
    tracker.emit('service.built');
  }

  enrol(course_id: string): void {
    this.tracker.context({ course_id }, () => {
      this.tracker.emit('message.queued', { template: 'welcome' });
    });
  }

  @TrackingContext(({ args: [course_id] }) => ({ course_id }))
  @TrackEvent('enrolment.ended', ({ result }) => ({ refund: result }))
  unenrol(_course: string): number {
    return 20;
  }
}

/** As a unit test does it: compiled, and never started. */
async function compile(
  options?: TrackingTestingOptions,
  ...providers: (typeof EnrolmentService)[]
): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports: [TrackingTestingModule.forRoot(options)],
    providers: providers.length > 0 ? providers : [EnrolmentService],
  }).compile();
  return closeLater(module);
}

const names = (module: TestingModule) => events(module).map(({ name }) => name);

describe('TrackingTestingModule', () => {
  it('has the events of a service, though the module is never started', async () => {
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

  it('lets @TrackEvent and @TrackingContext act', async () => {
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

  it('has the tracker of the flow', async () => {
    const module = await compile();
    const tracker = module.get(TrackerService);

    expect(tracker.context({ a: 1 }, () => currentTracker())).toBe(tracker);
  });

  it('runs processors of every form before it keeps the event', async () => {
    @Injectable()
    class Numbers {
      readonly answer = 42;
    }
    @Module({ providers: [Numbers], exports: [Numbers] })
    class NumbersModule {}
    @Injectable()
    class AddAnswer implements EventProcessor {
      constructor(private readonly numbers: Numbers) {}
      process(event: TrackingEvent): void {
        event.data['answer'] = this.numbers.answer;
      }
    }
    const module = await compile({
      imports: [NumbersModule],
      processors: [
        processor(RegexFilter, { regularExpressions: ['^message\\.'] }),
        processor(AddAnswer),
        (event) => ({ ...event, name: event.name.toUpperCase() }),
      ],
    });

    module.get(EnrolmentService).enrol('DemoX');

    expect(events(module)).toEqual([
      expect.objectContaining({ name: 'MESSAGE.QUEUED', data: { template: 'welcome', answer: 42 } }),
    ]);
  });

  it('hands the events to further backends too, built by Nest', async () => {
    const folder = new LogFolder();
    const module = await compile({
      backends: {
        collected: backend(CollectingBackend),
        log: backend(LoggerBackend, { path: folder.file(), sync: true }),
        routed: backend(RoutingBackend, {}, { backends: { inner: backend(CollectingBackend) } }),
      },
    });
    await module.init();

    module.get(EnrolmentService).enrol('DemoX');

    const expected = ['service.built', 'message.queued'];
    const tracker = module.get(TrackerService);
    expect(names(module)).toEqual(expected);
    expect(tracker.backend<CollectingBackend>('collected').names).toEqual(expected);
    expect(tracker.backend<CollectingBackend>('routed/inner').names).toEqual(expected);
    expect(folder.events().map(({ name }) => name)).toEqual(expected);
  });

  it('lets overrideProvider put another in the place of a backend', async () => {
    const other = new CollectingBackend();
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingTestingModule.forRoot({ backends: { lrs: backend(CollectingBackend) } })],
      })
        .overrideProvider(getBackendToken('lrs'))
        .useValue(other)
        .compile(),
    );

    module.get(TrackerService).emit('a');

    expect(other.names).toEqual(['a']);
  });

  it('tells the time by the clock given, and numbers the events by the ids given', async () => {
    const module = await compile({ clock: fixedClock('2026-01-01T00:00:00Z', { stepMs: 1500 }), ids: fixedIds() });

    module.get(EnrolmentService).enrol('DemoX');

    expect(events(module).map(({ id, timestamp }) => [id, timestamp.toISOString()])).toEqual([
      ['00000000-0000-7000-8000-000000000001', '2026-01-01T00:00:00.000Z'],
      ['00000000-0000-7000-8000-000000000002', '2026-01-01T00:00:01.500Z'],
    ]);
  });

  it('emits an event without ids of its own from a processor, derived from the fixed ones', async () => {
    const derived = async () => {
      const module: TestingModule = await compile({
        ids: fixedIds(),
        processors: [
          ({ name }) => {
            if (name === 'outer') module.get(TrackerService).emit('inner');
          },
        ],
      });
      module.get(TrackerService).emit('outer');
      return events(module, 'inner').map(({ id }) => id);
    };

    expect(await derived()).toEqual(await derived());
  });

  it('tells the time by the faked clock of a test', async () => {
    const module = await compile();
    jest.useFakeTimers({ now: new Date('2020-02-02T02:02:02Z') });
    try {
      module.get(EnrolmentService).enrol('DemoX');
    } finally {
      jest.useRealTimers();
    }

    expect(events(module, 'message.queued')[0]!.timestamp).toEqual(new Date('2020-02-02T02:02:02Z'));
  });

  it('counts, and survives, ids that fail', async () => {
    const logger = new RecordingLogger();
    const module = await compile({
      logger,
      ids: () => {
        throw new Error('no more');
      },
    });

    expect(() => module.get(TrackerService).emit('a')).not.toThrow();

    expect(module.get(TrackerService).ledger.tracker().dropped).toEqual({ 'emit-failed': 2 });
    expect(logger.warnings.join()).toContain('no more');
  });

  it('keeps as many events as it is told, and unless it is told more than a test can emit', async () => {
    const module = await compile({ maxEvents: 2 });

    for (const name of ['a', 'b', 'c']) module.get(TrackerService).emit(name);

    expect(names(module)).toEqual(['b', 'c']);
    const roomy = await compile();
    for (let count = 0; count < 2000; count++) roomy.get(TrackerService).emit('a');
    expect(events(roomy, 'a')).toHaveLength(2000);
  });

  it('has trackers of several names side by side', async () => {
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

  it('starts a node before its hooks, and lets it have its hooks when the module is started', async () => {
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

  it('refuses a backend under the name that it takes for its own', () => {
    const make = () => TrackingTestingModule.forRoot({ backends: { memory: backend(CollectingBackend) } });

    expect(make).toThrow(TrackingConfigException);
    expect(make).toThrow('backends.memory: TrackingTestingModule stores the events of the test under this name.');
  });

  it('reports all that is wrong in its options when it is compiled', async () => {
    const faulty = Test.createTestingModule({
      imports: [
        TrackingTestingModule.forRoot({
          clock: 'noon' as never,
          maxEvents: 0,
          backends: { 'no/name': backend(CollectingBackend) },
        }),
      ],
    }).compile();

    const { errors } = await faulty.then(
      () => ({ errors: [] }),
      (error: unknown) => error as TrackingConfigException,
    );
    expect(errors.map(({ path }) => path)).toEqual([
      expect.stringContaining('backends.memory'),
      expect.stringContaining('no/name'),
      'clock',
    ]);
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

  it('made by a factory, has its tracker once the module is started', async () => {
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
  it('does not begin before it is started, as TrackingTestingModule does', async () => {
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingModule.forRoot({ backends: { collected: backend(CollectingBackend) } })],
      }).compile(),
    );

    module.get(TrackerService).emit('early');

    expect(module.get<CollectingBackend>(getBackendToken('collected')).names).toEqual([]);
  });
});

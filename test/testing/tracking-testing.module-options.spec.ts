import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  backend,
  getBackendToken,
  LoggerBackend,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackerService,
  TrackingConfigException,
  type EventProcessor,
  type TrackingEvent,
} from '../../src/entries';
import { events, fixedClock, fixedIds, TrackingTestingModule } from '../../src/entries/testing';
import { LogFolder } from '../support/log-folder';
import { closeLater, CollectingBackend, RecordingLogger } from '../support/start-tracking';
import { EnrolmentService, compile, names } from './testing-module-parts';

describe('The options of TrackingTestingModule:', () => {
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

  it('passes the events to further backends, which Nest builds', async () => {
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

  it('lets overrideProvider replace a backend', async () => {
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

  it('takes the time from the given clock, and the ids from the given generator', async () => {
    const module = await compile({ clock: fixedClock('2026-01-01T00:00:00Z', { stepMs: 1500 }), ids: fixedIds() });

    module.get(EnrolmentService).enrol('DemoX');

    expect(events(module).map(({ id, timestamp }) => [id, timestamp.toISOString()])).toEqual([
      ['00000000-0000-7000-8000-000000000001', '2026-01-01T00:00:00.000Z'],
      ['00000000-0000-7000-8000-000000000002', '2026-01-01T00:00:01.500Z'],
    ]);
  });

  it('derives the id of an event that a processor emits from the fixed ids', async () => {
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

  it('takes the time from the fake timers of a test', async () => {
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

  it('keeps at most the configured number of events, by default more than a test can emit', async () => {
    const module = await compile({ maxEvents: 2 });

    for (const name of ['a', 'b', 'c']) module.get(TrackerService).emit(name);

    expect(names(module)).toEqual(['b', 'c']);
    const roomy = await compile();
    for (let count = 0; count < 2000; count++) roomy.get(TrackerService).emit('a');
    expect(events(roomy, 'a')).toHaveLength(2000);
  });

  it('refuses a backend under the name that it reserves', () => {
    const make = () => TrackingTestingModule.forRoot({ backends: { memory: backend(CollectingBackend) } });

    expect(make).toThrow(TrackingConfigException);
    expect(make).toThrow('backends.memory: TrackingTestingModule stores the events of the test under this name.');
  });

  it('reports all errors in its options when it is compiled', async () => {
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

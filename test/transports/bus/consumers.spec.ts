import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import {
  backend,
  EventBusBackend,
  MemoryBackend,
  OnTrackingEvent,
  RoutingBackend,
  TrackerService,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../../src/entries';
import type { ConsumerCounts } from '../../../src/entries/types';
import { handlerMethods } from '../../../src/intake/on-tracking-event.decorator';
import { Gate, quick } from '../../delivery/gate';
import { cpuMs, expectWithin } from '../../support/growth';
import { RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { Feed } from './own-consumer';

const counts = ({ ledger }: BuiltTracking): ConsumerCounts => ledger.consumers()[0]!;
const expectBalanced = (run: BuiltTracking): void => {
  const { received, settled, duplicates, deadLettered, returned, pending } = counts(run);
  expect(settled + duplicates + deadLettered + returned + pending).toBe(received);
};

describe('What a consumer brings', () => {
  it('goes through the processors of every node of the bus, at any depth, a copy for each, and nowhere else', async () => {
    const feed = new Feed();
    const mark = (text: string) => (event: TrackingEvent) => void (event.data['mark'] = text);
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: {
        a: backend(EventBusBackend, {}, { processors: [mark('a')], backends: { memory: backend(MemoryBackend) } }),
        deep: backend(
          RoutingBackend,
          {},
          {
            processors: [mark('deep')],
            backends: { b: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend) } }) },
          },
        ),
        plain: backend(MemoryBackend),
      },
    });
    await feed.push({ id: '0b7d6f2e-5d0c-4d7e-8a53-0f3c5f0a9a11', data: { k: 1 }, context: { user_id: 7 } });
    expect(run.events('a/memory')).toMatchObject([{ data: { k: 1, mark: 'a' }, context: { user_id: 7 } }]);
    expect(run.events('deep/b/memory')).toMatchObject([{ data: { k: 1 }, id: '0b7d6f2e-5d0c-4d7e-8a53-0f3c5f0a9a11' }]);
    expect(run.events('deep/b/memory')[0]?.data).toEqual({ k: 1 });
    expect(run.events('plain')).toEqual([]);
    expect(feed.acknowledged).toEqual(['1']);
    expect(counts(run)).toMatchObject({ name: 'bus', received: 1, settled: 1, pending: 0 });
    expect(run.ledger.node('a')?.work).toMatchObject({ received: 1, settled: 1 });
  });

  it('is not sent again, and what is emitted does not come to the children', async () => {
    const feed = new Feed();
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend) } }) },
    });
    run.tracker.emit('emitted');
    await feed.push({ name: 'brought' });
    expect(run.names('bus/memory')).toEqual(['brought']);
    expect(run.ledger.node('bus')).toMatchObject({ received: 1, dropped: { filtered: 1 } });
  });

  it('is acknowledged only when every child has delivered it', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    class Door extends Gate {
      override behave = () => opened;
    }
    const feed = new Feed();
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { door: backend(Door, {}, { delivery: quick }) } }) },
    });
    const pushed = feed.push({}, {});
    await until(() => run.tracker.backend<Gate>('bus/door').underWay > 0);
    expect(feed.acknowledged).toEqual([]);
    expect(counts(run)).toMatchObject({ received: 2, pending: 2 });
    open();
    await pushed;
    expect(feed.acknowledged.sort()).toEqual(['1', '2']);
  });

  it('is left to the bus at the end, where a child has not delivered it', async () => {
    class Shut extends Gate {
      override behave = () => new Promise<void>(() => undefined);
    }
    const feed = new Feed();
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { shut: backend(Shut, {}, { delivery: quick }) } }) },
      shutdownTimeoutMs: 200,
    });
    const pushed = feed.push({});
    await until(() => run.tracker.backend<Gate>('bus/shut').underWay > 0);
    await run.app.close();
    await pushed;
    expect(feed.acknowledged).toEqual([]);
    expect(feed.isClosed).toBe(true);
    expect(counts(run)).toMatchObject({ received: 1, returned: 1, pending: 0 });
    expectBalanced(run);
  });

  it('is known by its id when it comes again, also while the first is on its way', async () => {
    const feed = new Feed();
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend) } }) },
    });
    await feed.push({ id: 'same' }, { id: 'same' });
    await feed.push({ id: 'same' }, { id: 'other' });
    expect(run.events('bus/memory').map(({ id }) => id)).toEqual(['same', 'other']);
    expect(feed.acknowledged.sort()).toEqual(['1', '2', '3', '4']);
    expect(counts(run)).toMatchObject({ received: 4, settled: 2, duplicates: 2 });
  });

  it('is a dead letter as it was read, and acknowledged, if it is no event', async () => {
    const feed = new Feed();
    const logger = new RecordingLogger();
    const run = await startTracking({ consumers: { bus: feed.describe() }, logger });
    await feed.push(new Error('its data is not JSON'), {});
    expect(feed.acknowledged.sort()).toEqual(['1', '2']);
    const [letter] = run.tracker.deadLetters.list();
    expect(letter).toMatchObject({
      path: 'consumer:bus',
      reason: expect.stringContaining('unreadable: Error: its data is not JSON'),
      event: { data: { position: '1', raw: Buffer.from('1').toString('base64') } },
    });
    expect(logger.warnings).toEqual([
      expect.stringContaining('consumers.bus (OwnConsumer): the entry 1 became a dead letter'),
    ]);
    expectBalanced(run);
  });

  it('is written at the end, whatever a consumer of the application throws then', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'consumers-'));
    const feed = new Feed();
    feed.onEnd = feed.onClose = () => Promise.reject(new Error('it has no end'));
    const run = await startTracking({
      consumers: { bus: feed.describe() },
      backends: { down: backend(Gate, {}, { delivery: { directory } }) },
      shutdownTimeoutMs: 200,
    });
    run.tracker.backend<Gate>('down').behave = () => Promise.reject(new Error('connection refused'));
    run.tracker.emit('a');
    await run.app.close();
    expect(run.ledger.destination('down')).toMatchObject({ handedOver: 1, dropped: {} });
    rmSync(directory, { recursive: true });
  });

  it('goes on where a consumer of the application fails to acknowledge', async () => {
    const feed = new Feed();
    const logger = new RecordingLogger();
    feed.onAcknowledge = () => {
      throw new Error('no connection');
    };
    const run = await startTracking({
      logger,
      consumers: { bus: feed.describe() },
      backends: { bus: backend(EventBusBackend, {}, { backends: { door: backend(Gate, {}, { delivery: quick }) } }) },
    });
    await feed.push({ name: 'a' }, { name: 'b' });
    await feed.push({ name: 'c' });
    expect(run.tracker.backend<Gate>('bus/door').names).toEqual(['a', 'b', 'c']);
    expect(logger.warnings).toEqual([
      expect.stringContaining('the onDone callback that it passed to intake.take failed: Error: no connection'),
    ]);
  });

  it('is found among the dead letters by the next start too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'consumers-'));
    const start = async (feed: Feed): Promise<BuiltTracking> =>
      startTracking({ consumers: { bus: feed.describe() }, delivery: { directory }, logger: new RecordingLogger() });
    const feed = new Feed();
    const first = await start(feed);
    await feed.push(new Error('it is no event'));
    await first.app.close();
    const second = await start(new Feed());
    expect(second.tracker.deadLetters.list()).toMatchObject([
      { path: 'consumer:bus', reason: expect.stringContaining('it is no event') },
    ]);
    await second.app.close();
    rmSync(directory, { recursive: true });
  });

  it('is read by no process that only emits', async () => {
    const feed = new Feed();
    await startTracking({ consumers: { bus: feed.describe() }, role: 'emitter' });
    expect(feed.host).toBeUndefined();
  });
});

describe('@OnTrackingEvent', () => {
  @Injectable()
  class Reports {
    readonly seen: TrackingEvent[] = [];
    readonly contexts: object[] = [];
    failures = 0;
    calls = 0;
    hangs = false;

    constructor(private readonly tracker: TrackerService) {}

    @OnTrackingEvent('problem_check')
    @OnTrackingEvent(/^edx\.grades\./g)
    async onGrade(event: TrackingEvent): Promise<void> {
      this.calls++;
      await (this.hangs ? new Promise(() => undefined) : Promise.resolve());
      if (this.failures-- > 0) throw new Error('the database is away');
      this.seen.push(event);
      this.contexts.push(this.tracker.currentContext());
      this.tracker.emit('report.made', { of: event.name });
    }
  }

  const start = async (feed: Feed, options: TrackingModuleOptions = {}) => {
    const run = await startTracking(
      {
        consumers: { bus: feed.describe({ handlerAttempts: 3 }) },
        backends: { sink: backend(MemoryBackend) },
        ...options,
      },
      { providers: [Reports] },
    );
    return Object.assign(run, { reports: run.app.get(Reports) });
  };

  it('calls the method for the events it names, in a scope with their context', async () => {
    const feed = new Feed();
    const run = await start(feed);
    await feed.push(
      { name: 'problem_check', context: { user_id: 7 } },
      { name: 'edx.grades.problem.submitted' },
      { name: 'edx.grades.subsection' },
      { name: 'play_video' },
    );
    expect(run.reports.seen.map(({ name }) => name)).toEqual([
      'problem_check',
      'edx.grades.problem.submitted',
      'edx.grades.subsection',
    ]);
    expect(run.reports.contexts[0]).toEqual({ user_id: 7 });
    expect(run.events()).toMatchObject([{ name: 'report.made', context: { user_id: 7 } }, {}, {}]);
    expect(counts(run)).toMatchObject({ received: 4, settled: 4 });
  });

  it('gives what the method emits the same id when the event comes again', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) {
      const feed = new Feed();
      const run = await start(feed);
      await feed.push({ name: 'problem_check', id: '3f0c8a52-90c4-4b8e-a4a4-97c1f5b4d6a0' });
      ids.push(run.last().id);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it('calls a method that fails again, and acknowledges when it has taken the event', async () => {
    const feed = new Feed();
    const run = await start(feed);
    run.reports.failures = 2;
    await feed.push({ name: 'problem_check' });
    expect(run.reports.seen).toHaveLength(1);
    expect(feed.acknowledged).toEqual(['1']);
    expect(run.tracker.deadLetters.list()).toEqual([]);
  });

  it('makes a dead letter of an event that a method never takes', async () => {
    const feed = new Feed();
    const run = await start(feed, { logger: new RecordingLogger() });
    run.reports.failures = 100;
    await feed.push({ name: 'problem_check', data: { k: 1 } });
    expect(feed.acknowledged).toEqual(['1']);
    expect(run.tracker.deadLetters.list()).toMatchObject([
      {
        path: 'consumer:bus',
        reason: 'handler-failed: Reports.onGrade: Error: the database is away',
        event: { name: 'problem_check', data: { k: 1 } },
      },
    ]);
    expectBalanced(run);
  });

  it('does not keep the application from closing where a method never comes back', async () => {
    const feed = new Feed();
    const run = await start(feed, { shutdownTimeoutMs: 200 });
    run.reports.hangs = true;
    const pushed = feed.push({ name: 'problem_check' });
    await until(() => run.reports.calls === 1);
    await run.app.close();
    await pushed;
    expect(feed.acknowledged).toEqual([]);
    expect(counts(run)).toMatchObject({ received: 1, returned: 1, pending: 0 });
  });

  it.each([{ handlerAttempts: 0 }, { dedupeWindowMs: -1 }, { handlerAttempts: 'often' as never }])(
    'refuses %j',
    async (settings) => {
      const [name] = Object.keys(settings);
      await expect(startTracking({ consumers: { bus: new Feed().describe(settings) } })).rejects.toThrow(
        new RegExp(`consumers.bus \\(OwnConsumer\\): ${name!} is .*, not a number from`),
      );
    },
  );

  it('refuses what is no name', () => {
    expect(() => OnTrackingEvent(5 as unknown as string)).toThrow(
      /@OnTrackingEvent was given 5, neither a name nor an expression[^]*Fix: @OnTrackingEvent\('problem_check'\)/,
    );
  });
  it('refuses an expression that cannot be matched in bounded time, and takes any other', () => {
    expect(() => OnTrackingEvent(/(.*)*x\1/)).toThrow(
      /@OnTrackingEvent was given an expression that has a back-reference[^]*Fix: write it without/,
    );
    expect(() => OnTrackingEvent(/^(a+)+$/gy)).not.toThrow();
  });

  it('asks an expression about a name that was made to stop the process, in milliseconds', () => {
    class Handler {
      @OnTrackingEvent(/^(a+)+$/)
      @OnTrackingEvent(/^b/y)
      handle(): void {}
    }
    const wanted = handlerMethods(Handler.prototype).get('handle') ?? [];
    const isWanted = (name: string): boolean =>
      wanted.some((each) => (typeof each === 'string' ? each === name : each.fits(name)));
    expectWithin(100, () => cpuMs(() => isWanted(`${'a'.repeat(999)}!`)));
    expect(['aa', 'bc', 'cb', 'a'.repeat(1000), 'a'.repeat(1001)].map(isWanted)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });
});

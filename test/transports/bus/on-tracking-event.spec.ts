import { Injectable } from '@nestjs/common';
import {
  backend,
  MemoryBackend,
  OnTrackingEvent,
  TrackerService,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../../src/entries';
import { handlerMethods } from '../../../src/intake/on-tracking-event.decorator';
import { cpuMs, expectWithin } from '../../support/growth';
import { RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { Feed } from './own-consumer';
import { counts, expectBalanced } from './consumer-parts';

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

  it('gives the events of the method the same ids when the event arrives again', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) {
      const feed = new Feed();
      const run = await start(feed);
      await feed.push({ name: 'problem_check', id: '3f0c8a52-90c4-4b8e-a4a4-97c1f5b4d6a0' });
      ids.push(run.last().id);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it('calls a failed method again, and acknowledges when it succeeds', async () => {
    const feed = new Feed();
    const run = await start(feed);
    run.reports.failures = 2;
    await feed.push({ name: 'problem_check' });
    expect(run.reports.seen).toHaveLength(1);
    expect(feed.acknowledged).toEqual(['1']);
    expect(run.tracker.deadLetters.list()).toEqual([]);
  });

  it('makes a dead letter of an event that a method never accepts', async () => {
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

  it('does not block shutdown if a method never returns', async () => {
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

  it('refuses a value that is not a name', () => {
    expect(() => OnTrackingEvent(5 as unknown as string)).toThrow(
      /@OnTrackingEvent was given 5, neither a name nor an expression[^]*Fix: @OnTrackingEvent\('problem_check'\)/,
    );
  });
  it('refuses an expression that cannot be matched in bounded time, and accepts any other', () => {
    expect(() => OnTrackingEvent(/(.*)*x\1/)).toThrow(
      /@OnTrackingEvent was given an expression that has a back-reference[^]*Fix: write it without/,
    );
    expect(() => OnTrackingEvent(/^(a+)+$/gy)).not.toThrow();
  });

  it('matches an expression against a hostile name in milliseconds', () => {
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

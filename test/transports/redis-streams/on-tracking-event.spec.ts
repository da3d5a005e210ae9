import { Injectable } from '@nestjs/common';
import {
  backend,
  InjectTracker,
  MemoryBackend,
  OnTrackingEvent,
  TrackerService,
  type TrackingEvent,
} from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';
import { books, RedisBus } from './redis-bus';

@Injectable()
class Reports {
  readonly seen: unknown[] = [];
  attempts = 0;

  constructor(@InjectTracker() private readonly tracker: TrackerService) {}

  @OnTrackingEvent('enrolled')
  async onEnrolled(event: TrackingEvent): Promise<void> {
    this.seen.push(event);
    await Promise.resolve();
    this.tracker.emit('report.made', { of: event.name });
  }

  @OnTrackingEvent(/^problem_/)
  onProblem({ name }: TrackingEvent): void {
    this.seen.push(name);
  }

  @OnTrackingEvent('flaky')
  onFlaky(): void {
    if (++this.attempts < 3) throw new Error('not yet');
    this.tracker.emit('flaky.done');
  }

  @OnTrackingEvent('never')
  onNever(): Promise<void> {
    this.attempts++;
    return Promise.reject(new Error('the database says no'));
  }
}

describeWithServices(['redis'], 'A method with @OnTrackingEvent', (urls) => {
  const start = async (bus: RedisBus, group: string): Promise<BuiltTracking & { readonly reports: Reports }> => {
    const run = await startTracking(
      {
        backends: { sink: backend(MemoryBackend) },
        consumers: { bus: bus.consumer({ group }, { handlerAttempts: 3 }) },
      },
      { providers: [Reports] },
    );
    return Object.assign(run, { reports: run.app.get(Reports) });
  };

  it('gets the events of its name, in the scope of their context; what it emits has the same ids in a second run', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([
      { name: 'enrolled', context: '{"user_id": 7}', data: '{"mode": "audit"}' },
      { name: 'other' },
      { name: 'problem_check' },
    ]);
    const first = await start(bus, 'first');
    await bus.whenAllDone('first');
    expect(first.reports.seen).toEqual([
      expect.objectContaining({ name: 'enrolled', data: { mode: 'audit' }, context: { user_id: 7 } }),
      'problem_check',
    ]);
    expect(first.events()).toEqual([
      expect.objectContaining({ name: 'report.made', context: { user_id: 7 }, data: { of: 'enrolled' } }),
    ]);
    const second = await start(bus, 'second');
    await bus.whenAllDone('second');
    expect(second.events().map(({ id }) => id)).toEqual(first.events().map(({ id }) => id));
    expect(first.last().id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8/);
  });

  it('is called again when it fails', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([{ name: 'flaky' }]);
    const run = await start(bus, bus.group);
    await bus.whenAllDone();
    expect(run.reports.attempts).toBe(3);
    expect(run.names()).toEqual(['flaky.done']);
    expect(books(run)).toMatchObject({ received: 1, settled: 1, deadLettered: 0 });
  });

  it('that fails each time makes the event a dead letter, which is acknowledged', async () => {
    const bus = new RedisBus(urls.redis);
    await bus.add([{ name: 'never', data: '{"n": 1}' }, { name: 'problem_show' }]);
    const run = await start(bus, bus.group);
    await bus.whenAllDone();
    expect(run.reports.attempts).toBe(3);
    expect(run.reports.seen).toEqual(['problem_show']);
    expect(run.tracker.deadLetters.list()).toEqual([
      expect.objectContaining({
        reason: 'handler-failed: Reports.onNever: Error: the database says no',
        event: expect.objectContaining({ name: 'never', data: { n: 1 } }) as unknown,
      }),
    ]);
    expect(books(run)).toMatchObject({ received: 2, settled: 1, deadLettered: 1, pending: 0 });
  });
});

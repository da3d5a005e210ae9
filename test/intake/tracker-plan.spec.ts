import {
  consumer,
  type ConsumerClass,
  type ConsumerSettings,
  type EventConsumer,
} from '../../src/intake/event-consumer';
import { planTracker, type DescribedTracker, type TrackerPlan } from '../../src/intake/tracker-plan';
import { backend } from '../../src/routing/description';

class Bus implements EventConsumer {
  begin(): void {}

  async end(): Promise<void> {}

  async close(): Promise<void> {}
}

class NoConsumer {}

const plan = (consumers: unknown): TrackerPlan =>
  planTracker('default', { consumers: consumers as DescribedTracker['consumers'] });

const planOne = (settings: object, type: unknown = Bus): TrackerPlan =>
  plan({ bus: consumer(type as ConsumerClass, {}, settings as ConsumerSettings) });

describe('planTracker', () => {
  it('plans a tracker without consumers', () => {
    expect(plan(undefined)).toEqual({ processors: [], backends: [], consumers: [], errors: [] });
  });

  it('gives each consumer its place, its token, its options and its settings', () => {
    class Module {}
    const settings = { imports: [Module], dedupeWindowMs: 0, handlerAttempts: 1 };
    const { consumers, errors } = planTracker('audit', {
      consumers: { bus: consumer(Bus, { a: 1 } as never, settings) },
    });
    expect(errors).toEqual([]);
    expect(consumers).toEqual([
      {
        ...{ place: 'consumers.bus (Bus)', name: 'bus', token: 'TrackingConsumer(audit:bus)', type: Bus },
        ...{ options: { a: 1 }, settings, imports: [Module] },
      },
    ]);
  });

  it('reports the errors of the tree before those of the consumers, and keeps both plans', () => {
    class Log {
      send(): void {}
    }
    const { backends, consumers, errors } = planTracker('default', {
      backends: { a: 1 as never, log: backend(Log) },
      consumers: { b: 2 as never, bus: consumer(Bus) },
    });
    expect(errors.map(({ path }) => path)).toEqual(['backends.a', 'consumers.b']);
    expect([backends.length, consumers.length]).toEqual([1, 1]);
  });

  it.each<[string, () => TrackerPlan, string, string]>([
    ['consumers in a list', () => plan([]), 'consumers', 'not an object of consumers by name'],
    ['a class instead of a description', () => plan({ bus: Bus }), 'consumers.bus', 'not a consumer'],
    ['a name that no folder can have', () => plan({ 'a b': consumer(Bus) }), 'consumers[', 'has other characters'],
    ['a class that does not begin', () => planOne({}, NoConsumer), 'consumers.bus (NoConsumer)', 'no begin method'],
    [
      'an unknown setting',
      () => planOne({ dedupe: 1 }),
      'consumers.bus (Bus)',
      'the settings object has the unknown field',
    ],
    [
      'a window of less than no time',
      () => planOne({ dedupeWindowMs: -1 }),
      'consumers.bus (Bus)',
      'dedupeWindowMs is -1',
    ],
    ['no attempt of a handler', () => planOne({ handlerAttempts: 0 }), 'consumers.bus (Bus)', 'handlerAttempts is 0'],
    ['imports that are not a list', () => planOne({ imports: 1 }), 'consumers.bus.imports', 'not a list of modules'],
  ])('reports %s once', (_title, given, path, what) => {
    const { errors } = given();
    expect(errors).toHaveLength(1);
    expect(errors[0]?.path).toContain(path);
    expect(errors[0]?.what).toContain(what);
  });
});

import fc from 'fast-check';
import {
  AsyncRoutingBackend,
  backend,
  MemoryBackend,
  processor,
  type IdentifiedEvent,
  type TrackingEvent,
} from '../../../src/entries';
import { Gate, quick } from '../../delivery/gate';
import { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { bullBackend, queueName, RedisView } from './bull-run';

const deep = (levels: number): unknown => (levels === 0 ? 'end' : { in: deep(levels - 1) });
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
const strange = fc.oneof(
  fc.anything({ withDate: true, withBigInt: true, withMap: true, withSet: true, withNullPrototype: true }),
  fc.constantFrom<unknown>(
    ...[undefined, null, '', 'text', 0, -0, 1e308, Infinity, NaN, true, false, 2n ** 70n, [], {}, [[]]],
    ...[new Date(NaN), new Date(8.64e15), new Date(-1), '2026-01-01T00:00:00.000Z', { at: new Date(0) }, [new Date(1)]],
    ...[deep(60), deep(100), cyclic, '\u0000\ud800', Symbol('s'), () => 1, JSON.parse('{"__proto__": {"a": 1}}')],
  ),
);
const changes = fc.record(
  { name: strange, timestamp: strange, context: strange, data: strange, id: strange, added: strange, dates: strange },
  { requiredKeys: [] },
);

describeWithServices(['redis'], 'An event of which a processor has made something odd', (urls) => {
  let change: object | undefined;
  let run: BuiltTracking;
  const odd = processor((event: TrackingEvent) => (change === undefined ? event : { ...event, ...change }));

  const emit = (name: string, with_: object | undefined): void => {
    change = with_;
    run.tracker.emit(name, { n: 1, at: new Date(5) });
    change = undefined;
  };
  const settledCount = (): number => run.tracker.backend<Gate>('later/gate').taken.length + letters();
  const letters = (): number => run.tracker.deadLetters.list().length;
  const sorted = (events: readonly IdentifiedEvent[]): IdentifiedEvent[] =>
    [...events].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

  /** Beside what goes through the queue, each event is kept as it is without one. */
  const isCarriedWhole = async (): Promise<void> => {
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 12 }), async (each) => {
        const gate = run.tracker.backend<Gate>('later/gate');
        const direct = run.tracker.backend<MemoryBackend>('direct');
        gate.taken.length = 0;
        direct.clear();
        for (const one of each) {
          emit('good', undefined);
          emit('odd', one);
        }
        await until(
          () => settledCount() >= 2 * each.length,
          () => JSON.stringify(run.tracker.deadLetters.count()),
        );
        expect(run.tracker.deadLetters.count()).toEqual({});
        expect(sorted(gate.taken)).toEqual(sorted(direct.events()));
      }),
      { numRuns: 60 },
    );
  };

  it('is delivered as it is without a queue, and so are its neighbours, through a Bull queue', async () => {
    const name = queueName();
    new RedisView(urls.redis, name);
    const later = bullBackend({ url: urls.redis, name });
    run = await startTracking({ processors: [odd], backends: { direct: backend(MemoryBackend), later } });
    await isCarriedWhole();
  });

  it('is delivered as it is without a queue, and so are its neighbours, through a durable queue of the process', async () => {
    const delivery = { ...quick, durable: true, directory: new LogFolder().path };
    const gate = backend(Gate, {}, { delivery: quick });
    const later = backend(AsyncRoutingBackend, {}, { delivery, backends: { gate } });
    run = await startTracking({ processors: [odd], backends: { direct: backend(MemoryBackend), later } });
    await isCarriedWhole();
  });
});

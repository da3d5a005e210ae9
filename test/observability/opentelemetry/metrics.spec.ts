import { Test } from '@nestjs/testing';
import type { Attributes as OtelAttributes } from '@opentelemetry/api';
import { type Histogram } from '@opentelemetry/sdk-metrics';
import { z } from 'zod';
import {
  AsyncRoutingBackend,
  backend,
  defineEvent,
  getTrackerToken,
  MemoryBackend,
  SendFailedException,
  TrackingModule,
  type DestinationCounts,
  type TrackerService,
} from '../../../src/entries';
import { durationInstruments } from '../../../src/observability/opentelemetry/instruments';
import { observeTracking, TrackingMetricsModule } from 'nestjs-event-tracking/opentelemetry';
import { Gate } from '../../delivery/gate';
import { eventually } from '../../support/eventually';
import { closeLater, RecordingLogger, startTracking } from '../../support/start-tracking';
import { busyApplication, collected, directory, meter } from './metric-parts';

const short = (attributes: OtelAttributes): OtelAttributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.replace('event_tracking.', ''), value]));

/** The figures of one instrument, each with what tells it apart. */
async function figures(name: string): Promise<[OtelAttributes, unknown][]> {
  const metric = (await collected()).get(`event_tracking.${name}`);
  return (metric?.dataPoints ?? []).map(({ attributes, value }) => [short(attributes), value]);
}

const place = { tracker: 'default', path: 'gate' };
const destinationOf = (tracker: TrackerService): DestinationCounts => tracker.ledger.destination('gate')!;

describe('The metrics of a tracker', () => {
  it('are the counts of its ledger, each with tracker, path and reason', async () => {
    const { tracker } = await busyApplication();
    const { emitted, replaced, oddNames } = tracker.ledger.tracker();
    expect(emitted).toBe(6);
    expect(await figures('tracker.emitted')).toEqual([[{ tracker: 'default' }, emitted]]);
    expect(await figures('tracker.odd_names')).toEqual([[{ tracker: 'default' }, oddNames]]);
    expect(Object.keys(replaced).length).toBeGreaterThan(0);
    expect(await figures('tracker.replaced')).toEqual(
      Object.entries(replaced).map(([kind, count]) => [{ tracker: 'default', kind }, count]),
    );
    for (const what of ['received', 'passed'] as const) {
      expect(await figures(`node.${what}`)).toEqual(
        tracker.ledger.nodes().map((node) => [{ tracker: 'default', path: node.path }, node[what]]),
      );
    }
    expect(await figures('node.dropped')).toEqual([
      [{ tracker: 'default', path: 'some', reason: 'filtered', is_loss: false }, 4],
    ]);
    const counts = destinationOf(tracker);
    expect(counts).toMatchObject({ accepted: 6, delivered: 4, deadLettered: 4, redriven: 2, deadLetters: 2 });
    for (const [name, count] of [
      ['accepted', counts.accepted],
      ['delivered', counts.delivered],
      ['pending', counts.pending],
      ['recovered', counts.recovered],
      ['redriven', counts.redriven],
      ['dead_lettered', counts.deadLettered],
      ['handed_over', counts.handedOver],
      ['attempts', counts.attempts],
      ['failed_attempts', counts.failedAttempts],
      ['dead_letters', counts.deadLetters],
      ['forgotten_dead_letters', counts.forgottenDeadLetters],
      ['disk.usage', counts.diskBytes],
      ['disk.in_use', 0],
      ['disk.overflowing', 0],
      ['disk.failing', 0],
    ] as const) {
      expect({ name, figures: await figures(`delivery.${name}`) }).toEqual({ name, figures: [[place, count]] });
    }
  });

  it('include the lost dead letters of a path that is no destination', async () => {
    const Played = defineEvent('played', { data: z.object({ at: z.number() }) });
    const { tracker } = await startTracking(
      { catalog: [Played], validation: 'reject', logger: new RecordingLogger() },
      { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
    );
    for (let n = 0; n < 20; n++) tracker.emit('played', { pad: 'x'.repeat(200_000) });
    const { forgottenDeadLetters } = tracker.ledger.tracker();
    expect(await figures('delivery.forgotten_dead_letters')).toEqual([
      [{ tracker: 'default', path: 'catalog:rejected' }, forgottenDeadLetters['catalog:rejected']],
    ]);
  });

  it('include those of a queue and of the nodes behind it', async () => {
    const { tracker } = await startTracking(
      {
        backends: {
          later: backend(
            AsyncRoutingBackend,
            {},
            {
              processors: [({ name }) => (name === 'odd' ? null : undefined)],
              backends: { memory: backend(MemoryBackend) },
            },
          ),
        },
      },
      { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
    );
    for (const name of ['good', 'odd', 'good']) tracker.emit(name);
    await tracker.flush();
    const later = { tracker: 'default', path: 'later' };
    expect(await figures('work.received')).toEqual([[later, 3]]);
    expect(await figures('work.settled')).toEqual([[later, 2]]);
    expect(await figures('work.dropped')).toEqual([[{ ...later, reason: 'filtered', is_loss: false }, 1]]);
    for (const what of ['returned', 'pending', 'dead_lettered'])
      expect(await figures(`work.${what}`)).toEqual([[later, 0]]);
    expect(await figures('queue.waiting_jobs')).toEqual([]); // it is in the process
  });

  it('have histograms that match those of the ledger, bucket by bucket', async () => {
    const { tracker } = await busyApplication();
    const { latency, attemptLatency, attempts } = destinationOf(tracker);
    expect(latency.count).toBe(4);
    expect(attemptLatency.count).toBe(attempts);
    for (const [name, expected] of [
      [durationInstruments.event.name, latency],
      [durationInstruments.attempt.name, attemptLatency],
    ] as const) {
      const [point] = (await collected()).get(name)!.dataPoints;
      const { count, sum, buckets } = point!.value as Histogram;
      expect(short(point!.attributes)).toEqual(place);
      expect({ count, sum }).toEqual({ count: expected.count, sum: expect.closeTo(expected.sumMs / 1000, 6) });
      const filled = buckets.counts.flatMap((number, at) =>
        number === 0 ? [] : [{ upToMs: (buckets.boundaries[at] ?? Infinity) * 1000, count: number }],
      );
      expect(filled).toEqual(expected.buckets);
    }
  });

  it('report the state of the breaker, and that the disk is used because memory is full', async () => {
    const delivery = {
      ...{ directory, maxEvents: 1, batch: { maxEvents: 1, maxWaitMs: 1 } },
      retry: { minDelayMs: 1, maxDelayMs: 2, attempts: 1000 },
    };
    const { tracker } = await startTracking(
      { shutdownTimeoutMs: 20, backends: { gate: backend(Gate, {}, { delivery }) } },
      { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
    );
    tracker.backend<Gate>('gate').behave = () =>
      Promise.reject(SendFailedException.create({ reason: 'down', retryable: true, retryAfterMs: 60_000 }));
    const states = async (): Promise<unknown> =>
      Object.fromEntries((await figures('delivery.breaker.state')).map(([{ state }, value]) => [state, value]));
    expect(await states()).toEqual({ closed: 1, open: 0, probing: 0 });
    for (let n = 0; n < 5; n++) tracker.emit('e');
    await eventually(() => expect(destinationOf(tracker).attempts).toBeGreaterThan(0));
    expect(await figures('delivery.disk.in_use')).toEqual([[place, 1]]);
    expect(await figures('delivery.disk.overflowing')).toEqual([[place, 1]]);
    expect(await figures('delivery.disk.usage')).toEqual([[place, destinationOf(tracker).diskBytes]]);
    expect(destinationOf(tracker).diskBytes).toBeGreaterThan(0);
  });

  it('report for each drop whether it is a loss: not if it was intended or the destination can never accept it', async () => {
    class Choosy extends Gate {
      refuses(): string {
        return 'no-user';
      }
    }
    const { tracker } = await startTracking(
      {
        backends: {
          choosy: backend(Choosy),
          full: backend(Gate, {}, { delivery: { maxEvents: 1, batch: { maxWaitMs: 60_000 } } }),
        },
      },
      { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
    );
    for (let n = 0; n < 3; n++) tracker.emit('e');
    expect(await figures('node.dropped')).toEqual([
      [{ tracker: 'default', path: 'choosy', reason: 'no-user', is_loss: false }, 3],
      [{ tracker: 'default', path: 'full', reason: 'queue-full', is_loss: true }, 2],
    ]);
  });

  it('are still reported when the application has closed, with its final counts', async () => {
    const { tracker, gate, close } = await busyApplication();
    gate.behave = () => Promise.reject(new Error('down'));
    tracker.emit('late');
    await close();
    const { handedOver, delivered } = destinationOf(tracker);
    expect(handedOver + delivered).toBe(5);
    expect(await figures('delivery.handed_over')).toEqual([[place, handedOver]]);
  });

  it('distinguish two trackers of one application, and stop on request', async () => {
    const module = await Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } }),
        TrackingModule.forRoot({ name: 'audit', backends: { sink: backend(MemoryBackend) } }),
        TrackingMetricsModule.forRoot({ meter: meter(), attributes: { app: 'shop' } }),
      ],
    }).compile();
    const app = closeLater(module);
    await app.init();
    const audit = app.get<TrackerService>(getTrackerToken('audit'));
    const stop = observeTracking(audit.ledger, { meter: meter() });
    audit.emit('a');
    audit.emit('b');
    expect(await figures('tracker.emitted')).toEqual([
      [{ tracker: 'default', app: 'shop' }, 0],
      [{ tracker: 'audit' }, 2],
    ]);
    stop();
    audit.emit('c');
    expect(await figures('tracker.emitted')).toEqual([
      [{ tracker: 'default', app: 'shop' }, 0],
      [{ tracker: 'audit' }, 2],
    ]);
  });

  it('add up backends that were replaced under one path', async () => {
    const { tracker } = await startTracking(
      { backends: {} },
      { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
    );
    for (let n = 0; n < 3; n++) {
      tracker.registerBackend('mine', { send: () => undefined });
      tracker.emit('e');
    }
    expect((await figures('node.received')).map(([{ path }, value]) => [path, value])).toEqual([
      ['', 3],
      ['mine', 1],
      ['mine (replaced)', 2],
    ]);
  });

  it('have no effect if no SDK was started', async () => {
    const { tracker } = await startTracking({}, { imports: [TrackingMetricsModule.forRoot()] });
    tracker.emit('e');
    expect(tracker.ledger.tracker().emitted).toBe(1);
  });
});

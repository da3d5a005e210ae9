import { MeterProvider, MetricReader, type MetricData } from '@opentelemetry/sdk-metrics';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backend,
  MemoryBackend,
  processor,
  RegexFilter,
  type IdentifiedEvent,
  type TrackerService,
} from '../../../src/entries';
import { TrackingMetricsModule } from 'nestjs-event-tracking/opentelemetry';
import { Gate } from '../../delivery/gate';
import { eventually } from '../../support/eventually';
import { startTracking } from '../../support/start-tracking';

/** Collects when it is asked to, and not before. */
class AskedReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

let reader: AskedReader;
let provider: MeterProvider;
export let directory: string;
beforeEach(() => {
  reader = new AskedReader();
  provider = new MeterProvider({ readers: [reader] });
  directory = mkdtempSync(join(tmpdir(), 'tracking-metrics-'));
});
afterEach(async () => {
  await provider.shutdown();
  rmSync(directory, { recursive: true, force: true });
});

export async function collected(): Promise<Map<string, MetricData>> {
  const { resourceMetrics, errors } = await reader.collect();
  expect(errors).toEqual([]);
  return new Map(
    resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).map((metric) => [metric.descriptor.name, metric]),
  );
}

export const meter = (): ReturnType<MeterProvider['getMeter']> => provider.getMeter('test');

export async function busyApplication(): Promise<{ tracker: TrackerService; gate: Gate; close: () => Promise<void> }> {
  const delivery = { directory, batch: { maxEvents: 2, maxWaitMs: 1 }, retry: { minDelayMs: 1, maxDelayMs: 2 } };
  const { app, tracker } = await startTracking(
    {
      backends: {
        gate: backend(Gate, {}, { delivery }),
        some: backend(MemoryBackend, {}, { processors: [processor(RegexFilter, { regularExpressions: ['^good'] })] }),
      },
    },
    { imports: [TrackingMetricsModule.forRoot({ meter: meter() })] },
  );
  const gate = tracker.backend<Gate>('gate');
  let failures = 2;
  gate.behave = (events: readonly IdentifiedEvent[]) => {
    if (failures-- > 0) return Promise.reject(new Error('connection refused'));
    const rejections = events.flatMap(({ name }, index) =>
      name === 'bad' ? [{ index, reason: 'does not fit', retryable: false }] : [],
    );
    return Promise.resolve(rejections);
  };
  for (const name of ['good', 'bad', 'good.too', 'bad', 'odd']) tracker.emit(name, { n: 1n, odd: () => 0 });
  tracker.emit(7 as unknown as string);
  await eventually(() => expect(tracker.ledger.destination('gate')).toMatchObject({ pending: 0, deadLettered: 2 }));
  await tracker.deadLetters.redrive({});
  await eventually(() => expect(tracker.ledger.destination('gate')).toMatchObject({ pending: 0, deadLettered: 4 }));
  return { tracker, gate, close: () => app.close() };
}

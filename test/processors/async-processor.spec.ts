import {
  backend,
  MemoryBackend,
  processor,
  RoutingBackend,
  TrackingConfigException,
  type EventProcessor,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import type { AsyncProcessor } from '../../src/routing/contracts';
import { buildTracking, startTracking } from '../support/start-tracking';

class GeoLookup implements AsyncProcessor {
  async processAsync(event: TrackingEvent): Promise<TrackingEvent> {
    return Promise.resolve(event);
  }
}

/** Where the compiler is not asked: in JavaScript, or behind a cast. */
const unchecked = GeoLookup as unknown as new () => EventProcessor;

async function faultsIn(options: TrackingModuleOptions): Promise<TrackingConfigException['errors']> {
  const error: unknown = await buildTracking(options).catch((reason: unknown) => reason);
  if (error instanceof TrackingConfigException) return error.errors;
  throw new Error('it was not refused');
}

describe('An AsyncProcessor', () => {
  it('is refused at the root and in every backend, each with its place and a fix', async () => {
    const nested = backend(
      RoutingBackend,
      {},
      {
        processors: [unchecked],
        backends: { sink: backend(MemoryBackend, {}, { processors: [processor(unchecked)] }) },
      },
    );
    const errors = await faultsIn({ processors: [unchecked], backends: { nested } });

    expect(errors.map(({ path }) => path).sort()).toEqual([
      'backends.nested.backends.sink.processors[0] (GeoLookup)',
      'backends.nested.processors[0] (GeoLookup)',
      'processors[0] (GeoLookup)',
    ]);
    for (const { what, fix } of errors) {
      expect(what).toMatch(/is an AsyncProcessor.*emit waits for nothing.*AsyncRoutingBackend/);
      expect(fix).toMatch(/AsyncRoutingBackend.*processor\(Enrich, \{ key, lookup \}\)/);
    }
  });

  it('is refused when it is registered while the application runs', async () => {
    const { tracker } = await startTracking();

    expect(() => {
      tracker.registerProcessor(new GeoLookup() as unknown as EventProcessor);
    }).toThrow(TrackingConfigException);
  });

  it('may at the same time be a processor that does not wait', async () => {
    class Both extends GeoLookup implements EventProcessor {
      process(event: TrackingEvent): void {
        event.data['by'] = 'process';
      }
    }
    const { tracker, last } = await startTracking({ processors: [Both], backends: { sink: backend(MemoryBackend) } });
    tracker.emit('e');

    expect(last().data).toEqual({ by: 'process' });
  });
});

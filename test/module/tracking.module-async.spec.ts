import { backend, getBackendToken, MemoryBackend, TrackerService, TrackingModule } from '../../src/entries';
import { start } from '../support/start';
import { Greeting, GreetingModule } from './tracking-module-parts';

describe('TrackingModule.forRootAsync', () => {
  it('takes values that are known only at start from injected providers', async () => {
    const app = await start(
      TrackingModule.forRootAsync({
        imports: [GreetingModule],
        inject: [Greeting],
        useFactory: ({ text }: Greeting) => Promise.resolve({ clock: () => text.length * 200 }),
        backends: { sink: backend(MemoryBackend) },
      }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(tracker.backend<MemoryBackend>('sink').last()?.timestamp).toEqual(new Date(1000));
  });

  it('switches everything off at start without running the factories of its nodes', async () => {
    const useFactory = jest.fn(() => ({}));
    const app = await start(
      TrackingModule.forRootAsync({
        useFactory: () => ({ enabled: false }),
        backends: { sink: backend(MemoryBackend, { useFactory }) },
      }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(useFactory).not.toHaveBeenCalled();
    expect(app.get<MemoryBackend>(getBackendToken('sink')).events()).toEqual([]);
    expect(tracker.ledger.nodes().map(({ path }) => path)).toEqual(['']);
  });

  it('takes a whole tree that is loaded at start, as a promise of a module', async () => {
    const tree = Promise.resolve({ backends: { loaded: backend(MemoryBackend) } });
    const app = await start(tree.then((options) => TrackingModule.forRoot(options)));
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(tracker.backend<MemoryBackend>('loaded').events()).toHaveLength(1);
  });
});

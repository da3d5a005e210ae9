import { AsyncRoutingBackend, EventBusBackend, RoutingBackend, MemoryBackend, backend } from 'nestjs-event-tracking';
import { CaseBus } from './event-bus';
import { start } from './decision-parts';

/**
 * Where a vector is marked `defect`, the reference is left on purpose. What we do instead, by the
 * number of the decision in docs/decisions.
 */
describe('Where the reference has a defect, the tracker', () => {
  it('0070: delivers from a queue at any depth, under a generated name', async () => {
    const { tracker } = await start({
      backends: {
        branch: backend(
          RoutingBackend,
          {},
          { backends: { later: backend(AsyncRoutingBackend, {}, { backends: { mem: backend(MemoryBackend) } }) } },
        ),
      },
    });
    tracker.emit('x');
    await tracker.flush();
    expect(tracker.backend<MemoryBackend>('branch/later/mem').events()).toMatchObject([{ name: 'x' }]);
  });

  it('0070: refuses a configured name of a queue', async () => {
    const started = start({ backends: { later: backend(AsyncRoutingBackend, { backend_name: 'other' } as never) } });
    await expect(started).rejects.toThrow(/unknown option "backend_name"[^]*the path of the node is its name/);
  });

  it('0071: hides changes by processors of a queue from sibling backends', async () => {
    const { tracker, events } = await start({
      backends: {
        a_queue: backend(
          AsyncRoutingBackend,
          { processIn: 'emitter' },
          {
            processors: [
              ({ data }) => {
                data['k'] = 'changed';
              },
            ],
            backends: { mem: backend(MemoryBackend) },
          },
        ),
        mem: backend(MemoryBackend),
      },
    });
    tracker.emit('x', { k: 1 });
    await tracker.flush();
    expect(tracker.backend<MemoryBackend>('a_queue/mem').events()).toMatchObject([{ data: { k: 'changed' } }]);
    expect(events()).toMatchObject([{ data: { k: 1 } }]);
  });

  describe('on the event bus', () => {
    it('0080: sends no event that a processor of its node drops, and sends the changes of another processor', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        backends: {
          bus: bus.describe(
            { enabled: true, allowed_names: ['a', 'b'] },
            { processors: [({ name }) => (name === 'a' ? null : undefined), ({ data }) => void (data['x'] = 1)] },
          ),
        },
      });
      for (const name of ['a', 'b', 'c']) tracker.emit(name);
      await tracker.flush();
      expect(bus.messages).toMatchObject([{ name: 'b', data: '{"x": 1}' }]);
    });

    it('0081: passes each nested node the received event, unchanged by other nodes', async () => {
      const change = ({ data }: { data: Record<string, unknown> }): void => void (data['k'] = 'changed');
      const bus = new CaseBus();
      const { tracker } = await start({
        consumers: { bus: bus.describeConsumer() },
        backends: {
          a: backend(EventBusBackend, {}, { processors: [change], backends: { mem: backend(MemoryBackend) } }),
          deep: backend(
            RoutingBackend,
            {},
            { backends: { b: backend(EventBusBackend, {}, { backends: { mem: backend(MemoryBackend) } }) } },
          ),
        },
      });
      await bus.deliver({ name: 'x', timestamp: '2026-11-24T12:00:00+00:00', data: '{"k": 1}', context: '{}' });
      const data = ['a/mem', 'deep/b/mem'].map((path) => tracker.backend<MemoryBackend>(path).events()[0]?.data);
      expect(data).toEqual([{ k: 'changed' }, { k: 1 }]);
    });

    it.each([
      ['2024-01-02T03:04:05+00:00', '2024-01-02T03:04:05+00:00'],
      ['2024-01-02T03:04:05.5', '2024-01-02T03:04:05.500000+00:00'],
      ['2024-01-02T03:04:05.000001-0530', '2024-01-02T03:04:05.000001-05:30'],
    ])('0082: sends the time %s', async (given, sent) => {
      const bus = new CaseBus();
      const { tracker } = await start({
        processors: [(event) => void ((event as { timestamp: unknown }).timestamp = given)],
        backends: { bus: bus.describe({ enabled: true, allowed_names: ['x'] }, {}) },
      });
      tracker.emit('x');
      await tracker.flush();
      expect(bus.messages).toMatchObject([{ timestamp: sent }]);
    });

    it('0082: makes a dead letter of an event whose time is invalid', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        processors: [(event) => void ((event as { timestamp: unknown }).timestamp = 'yesterday')],
        backends: { bus: bus.describe({ enabled: true, allowed_names: ['x'] }, {}) },
      });
      tracker.emit('x');
      await tracker.flush();
      expect(bus.messages).toEqual([]);
      expect(tracker.deadLetters.list()).toMatchObject([
        { path: 'bus', reason: expect.stringContaining('is no time') },
      ]);
    });

    it('0082: reads a whole second', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        consumers: { bus: bus.describeConsumer() },
        backends: { bus: backend(EventBusBackend, {}, { backends: { mem: backend(MemoryBackend) } }) },
      });
      await bus.deliver({ name: 'x', timestamp: '2024-01-02T03:04:05+00:00', data: '{}', context: '{}' });
      const [event] = tracker.backend<MemoryBackend>('bus/mem').events();
      expect(event?.timestamp).toEqual(new Date('2024-01-02T03:04:05Z'));
    });
  });
});

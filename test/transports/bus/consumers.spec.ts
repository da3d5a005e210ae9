import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, EventBusBackend, MemoryBackend, RoutingBackend, type TrackingEvent } from '../../../src/entries';
import { Gate, quick } from '../../delivery/gate';
import { RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { Feed } from './own-consumer';
import { counts, expectBalanced } from './consumer-parts';

describe('An event that a consumer receives', () => {
  it('passes through the processors of every node of the bus, at any depth, as a copy for each, and nowhere else', async () => {
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

  it('is not sent again, and emitted events do not reach the children', async () => {
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

  it('is returned to the bus at shutdown if a child has not delivered it', async () => {
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

  it('is recognized by its id when it arrives again, also while the first is in progress', async () => {
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

  it('becomes a dead letter as it was read, and is acknowledged, if it is not an event', async () => {
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

  it('is written at shutdown, whatever a consumer of the application throws then', async () => {
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

  it('is still processed if a consumer of the application fails to acknowledge', async () => {
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

  it('is still among the dead letters after the next start', async () => {
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

  it('is not read by a process that only emits', async () => {
    const feed = new Feed();
    await startTracking({ consumers: { bus: feed.describe() }, role: 'emitter' });
    expect(feed.host).toBeUndefined();
  });
});

import crypto from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  backend,
  getTrackerToken,
  MemoryBackend,
  processor,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type Backend,
  type TrackingEvent,
  type TrackingLedger,
} from 'nestjs-event-tracking';
import {
  buildTracking,
  CollectingBackend,
  expectBalance,
  RecordingLogger,
  startTracking,
} from '../support/start-tracking';

// RFC 9562, 5.8: version 8, variant 10.
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('An event emitted by a processor', () => {
  it('arrives before the event in whose processing it was emitted', async () => {
    const run = await startTracking({
      processors: [
        ({ name }): void => {
          if (name === 'outer') run.tracker.emit('inner');
        },
      ],
    });
    run.tracker.emit('outer');
    expect(run.names()).toEqual(['inner', 'outer']);
    expectBalance(run.ledger);
  });

  it('carries the context of the flow, and none of what the processor changed', async () => {
    const run = await startTracking({
      processors: [
        (event): void => {
          event.context['changed'] = true;
          if (event.name === 'outer') run.tracker.emit('inner');
        },
      ],
      backends: { sink: backend(MemoryBackend) },
    });
    run.tracker.context({ user_id: 1 }, () => run.tracker.emit('outer'));
    expect(run.events().map(({ context }) => context)).toEqual([
      { user_id: 1, changed: true },
      { user_id: 1, changed: true },
    ]);
    run.tracker.emit('outer');
    expect(run.last().context).toEqual({ changed: true });
  });

  it('has a UUIDv8 of its own for each emit, each name and each place', async () => {
    const run = await startTracking({
      processors: [
        ({ name }): void => {
          if (name !== 'outer') return;
          run.tracker.emit('inner');
          run.tracker.emit('inner');
          run.tracker.emit('other');
        },
        function second({ name }): void {
          if (name === 'outer') run.tracker.emit('inner');
        },
      ],
    });
    run.tracker.emit('outer');
    expect(run.names()).toEqual(['inner', 'inner', 'other', 'inner', 'outer']);
    const inner = run.events().slice(0, 4);
    for (const { id } of inner) expect(id).toMatch(UUID_V8);
    expect(new Set(inner.map(({ id }) => id)).size).toBe(4);
  });

  it('has the id that it had before when the same event is processed again, as by a job that runs twice', async () => {
    // Of a v7, everything but the time is random: with that fixed, the parent of the second run has
    // the id of the first.
    jest.spyOn(crypto, 'randomUUID').mockReturnValue('00000000-0000-4000-8000-000000000000');
    jest.spyOn(crypto, 'randomInt').mockImplementation(() => 0);
    const idsOfARun = async (): Promise<string[]> => {
      const run = await startTracking({
        clock: () => 1000,
        processors: [
          ({ name }): void => {
            if (name === 'outer') run.tracker.emit('inner');
          },
        ],
      });
      run.tracker.emit('outer');
      return run.events().map(({ id }) => id);
    };
    const first = await idsOfARun();
    expect(await idsOfARun()).toEqual(first);
    expect(first[0]).toMatch(UUID_V8);
    jest.restoreAllMocks();
    // Otherwise each emit of an application is an event of its own, and so is what is emitted
    // inside it.
    expect((await idsOfARun())[0]).not.toBe(first[0]);
  });

  it('later, from a timer that the processor started, is an event like any other', async () => {
    let emitted: () => void = () => undefined;
    const later = new Promise<void>((resolve) => (emitted = resolve));
    const run = await startTracking({
      processors: [
        ({ name }): void => {
          if (name !== 'outer') return;
          setImmediate(() => {
            run.tracker.emit('later');
            emitted();
          });
        },
      ],
    });
    run.tracker.emit('outer');
    await later;
    expect(run.names()).toEqual(['outer', 'later']);
    expect(run.last().id[14]).toBe('7');
  });

  it('is refused as a loop after 8 levels, told once, and the books balance', async () => {
    const logger = new RecordingLogger();
    const run = await startTracking({ logger, processors: [(): void => run.tracker.emit('again')] });
    run.tracker.emit('first');
    run.tracker.emit('first');
    expect(run.names()).toEqual([
      ...Array<string>(8).fill('again'),
      'first',
      ...Array<string>(8).fill('again'),
      'first',
    ]);
    expect(run.ledger.tracker()).toMatchObject({ emitted: 20, dropped: { loop: 2 } });
    expect(logger.warnings.filter((text) => text.includes("'loop'"))).toEqual([expect.stringContaining('"again"')]);
    expectBalance(run.ledger);
  });

  it('is refused after 8 levels too when it all begins with an event that waited for the start', async () => {
    const run = await buildTracking({ processors: [(): void => run.tracker.emit('again')] });
    run.tracker.emit('first');
    await run.app.init();
    expect(run.names()).toEqual([...Array<string>(8).fill('again'), 'first']);
    expect(run.ledger.tracker()).toMatchObject({ emitted: 10, dropped: { loop: 1 } });
    expectBalance(run.ledger);
  });

  it('goes through two trackers that answer each other no deeper either', async () => {
    const { tracker, other, ledgers } = await twoTrackers();
    tracker.emit('ping');
    for (const ledger of ledgers) expectBalance(ledger);
    expect(tracker.ledger.tracker().dropped).toEqual({ loop: 1 });
    expect(other.ledger.tracker().emitted).toBeLessThanOrEqual(10);
  });
});

describe('An event emitted by a backend', () => {
  @Injectable()
  class EchoingBackend implements Backend {
    constructor(private readonly tracker: TrackerService) {}

    send({ name }: TrackingEvent): void {
      if (name === 'outer') this.tracker.emit('inner');
    }
  }

  it('reaches every backend, those after it before the event that it was sent', async () => {
    const run = await startTracking({
      backends: { a: backend(CollectingBackend), b_echo: backend(EchoingBackend), c: backend(CollectingBackend) },
    });
    run.tracker.emit('outer');
    expect(run.tracker.backend<CollectingBackend>('a').names).toEqual(['outer', 'inner']);
    expect(run.tracker.backend<CollectingBackend>('c').names).toEqual(['inner', 'outer']);
    expectBalance(run.ledger);
  });

  it('has a derived id, and is refused as a loop after 8 levels', async () => {
    @Injectable()
    class LoopingBackend implements Backend {
      constructor(private readonly tracker: TrackerService) {}

      send(): void {
        this.tracker.emit('again');
      }
    }
    const run = await startTracking({
      backends: {
        branch: backend(RoutingBackend, {}, { backends: { loop: backend(LoopingBackend) } }),
        sink: backend(MemoryBackend),
      },
    });
    run.tracker.emit('first');
    expect(run.ledger.tracker()).toMatchObject({ emitted: 10, dropped: { loop: 1 } });
    expect(run.names()).toHaveLength(9);
    expect(run.events().filter(({ id }) => UUID_V8.test(id))).toHaveLength(8);
    expectBalance(run.ledger);
  });

  it('is counted where the backend fails after it', async () => {
    @Injectable()
    class FailingBackend implements Backend {
      constructor(private readonly tracker: TrackerService) {}

      send({ name }: TrackingEvent): void {
        if (name === 'outer') this.tracker.emit('inner');
        throw new Error('no');
      }
    }
    const run = await startTracking({ backends: { fails: backend(FailingBackend), sink: backend(MemoryBackend) } });
    run.tracker.emit('outer');
    expect(run.names()).toEqual(['inner', 'outer']);
    expect(run.ledger.node('fails')).toMatchObject({ received: 2, passed: 0, dropped: { 'backend-failed': 2 } });
    expectBalance(run.ledger);
  });
});

describe('An event emitted while the values of another are read', () => {
  it.each([false, true])('ends, whatever a getter emits (before the start: %p)', async (isEarly) => {
    const run = await (isEarly ? buildTracking() : startTracking());
    const data = {
      get again(): string {
        run.tracker.emit('again', data);
        return 'read';
      },
    };
    expect(() => run.tracker.emit('first', data)).not.toThrow();
    if (isEarly) await run.app.init();
    expect(run.last()).toMatchObject({ name: 'first', data: { again: 'read' } });
    expect(run.ledger.tracker().dropped).toEqual({ loop: 1 });
    expectBalance(run.ledger);
  });

  it('ends, although the clock emits', async () => {
    const run = await startTracking({
      clock: () => {
        run.tracker.emit('tick');
        return 1000;
      },
    });
    run.tracker.emit('first');
    expect(run.last()).toMatchObject({ name: 'first', timestamp: new Date(1000) });
    expect(run.ledger.tracker().dropped).toEqual({ loop: 1 });
    expectBalance(run.ledger);
  });

  it('ends, although the logger emits for each warning', async () => {
    let count = 0;
    const run = await startTracking({
      logger: {
        log: () => undefined,
        error: () => undefined,
        warn: () => run.tracker.emit(++count as unknown as string),
      },
    });
    run.tracker.emit('first', { odd: Symbol('odd') });
    expect(run.last().name).toBe('first');
    expect(count).toBeLessThan(20);
    expectBalance(run.ledger);
  });
});

/** `default` answers `ping` by `pong` of the other, which answers by `ping`. */
async function twoTrackers(): Promise<{ tracker: TrackerService; other: TrackerService; ledgers: TrackingLedger[] }> {
  const trackers: TrackerService[] = [];
  const run = await startTracking(
    { processors: [(): void => trackers[1]?.emit('pong')] },
    {
      imports: [
        TrackingModule.forRoot({ name: 'other', processors: [processor((): void => trackers[0]?.emit('ping'))] }),
      ],
    },
  );
  const other = run.app.get<TrackerService>(getTrackerToken('other'), { strict: false });
  trackers.push(run.tracker, other);
  return { tracker: run.tracker, other, ledgers: [run.ledger, other.ledger] };
}

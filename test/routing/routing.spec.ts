import {
  backend,
  EventEmissionExit,
  MemoryBackend,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type Backend,
  type NodeCounts,
  type Processor,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { start } from '../support/start';

interface Running {
  readonly tracker: TrackerService;
  readonly warnings: string[];
  data(path: string): unknown[];
  node(path: string): NodeCounts | undefined;
}

async function run(options: TrackingModuleOptions): Promise<Running> {
  const warnings: string[] = [];
  const logger = { log: () => undefined, error: () => undefined, warn: (text: string) => void warnings.push(text) };
  const tracker = (await start(TrackingModule.forRoot({ ...options, logger }))).get(TrackerService);
  return {
    tracker,
    warnings,
    data: (path) =>
      tracker
        .backend<MemoryBackend>(path)
        .events()
        .map(({ data }) => data),
    node: (path) => tracker.ledger.node(path),
  };
}

const sink = backend(MemoryBackend);
const set =
  (key: string, value: unknown): Processor =>
  (event) => {
    event.data[key] = value;
  };

describe('Routing', () => {
  it('hands each event to the backends in code-point order of their names, each after its own processors', async () => {
    const order: string[] = [];
    class Told implements Backend {
      send(event: TrackingEvent): void {
        order.push(String(event.data['at']));
      }
    }
    const told = (name: string): ReturnType<typeof backend> =>
      backend(Told, undefined, { processors: [set('at', name)] });
    const names = ['2', '10', 'b', 'a', 'C', '_', 'Z'];
    const { tracker } = await run({ backends: Object.fromEntries(names.map((name) => [name, told(name)])) });
    tracker.emit('e');

    expect(order).toEqual(['10', '2', 'C', 'Z', '_', 'a', 'b']);
  });

  it('keeps the changes of a branch from its siblings, from its parent and from the caller', async () => {
    const branch = backend(RoutingBackend, {}, { processors: [set('branch', true)], backends: { leaf: sink } });
    const { tracker, data } = await run({
      processors: [set('root', true)],
      backends: { a: branch, b: sink, c: branch },
    });
    const given = { nested: { value: 1 } };
    tracker.emit('e', given);

    expect(data('a/leaf')).toEqual([{ nested: { value: 1 }, root: true, branch: true }]);
    expect(data('b')).toEqual([{ nested: { value: 1 }, root: true }]);
    expect(data('c/leaf')).toEqual(data('a/leaf'));
    expect(given).toEqual({ nested: { value: 1 } });
  });

  it('gives each application backend a copy of its own', async () => {
    class Vandal implements Backend {
      send(event: TrackingEvent): void {
        (event.data['list'] as unknown[]).push('vandal');
        event.context['vandal'] = true;
        event.timestamp.setTime(0);
      }
    }
    const { tracker, data } = await run({
      clock: () => 5,
      backends: { a: backend(Vandal), b: backend(Vandal), z: sink },
    });
    tracker.context({ user: 1 }, () => {
      tracker.emit('e', { list: [] });
      tracker.emit('f', { list: [] });
    });

    expect(data('z')).toEqual([{ list: [] }, { list: [] }]);
    expect(tracker.backend<MemoryBackend>('z').events()).toEqual([
      expect.objectContaining({ context: { user: 1 }, timestamp: new Date(5) }),
      expect.objectContaining({ context: { user: 1 }, timestamp: new Date(5) }),
    ]);
  });

  it('drops for this node only, and counts by reason', async () => {
    const exit: Processor = (event) => {
      if (event.name === 'x') throw new EventEmissionExit();
    };
    const { tracker, node } = await run({
      backends: {
        a: backend(MemoryBackend, {}, { processors: [exit] }),
        b: backend(MemoryBackend, {}, { processors: [(event) => (event.name === 'y' ? null : undefined)] }),
        c: backend(MemoryBackend, {}, { processors: [processor(RegexFilter, { regularExpressions: ['z'] })] }),
        d: sink,
      },
    });
    for (const name of ['x', 'y', 'z']) tracker.emit(name);

    expect(node('a')).toMatchObject({ received: 3, passed: 2, dropped: { cancelled: 1 } });
    expect(node('b')).toMatchObject({ received: 3, passed: 2, dropped: { filtered: 1 } });
    expect(node('c')).toMatchObject({ received: 3, passed: 1, dropped: { filtered: 2 } });
    expect(node('d')).toMatchObject({ received: 3, passed: 3, dropped: {} });
  });

  it('undoes a processor that fails half-way, counts it, tells it once, and goes on', async () => {
    const half: Processor = (event) => {
      event.data['half'] = true;
      event.name = 'half';
      throw new Error('no more');
    };
    const { tracker, data, node, warnings } = await run({ processors: [half, set('after', true)], backends: { sink } });
    tracker.emit('e', { a: 1 });
    tracker.emit('e', { a: 2 });

    expect(data('sink')).toEqual([
      { a: 1, after: true },
      { a: 2, after: true },
    ]);
    expect(node('')).toMatchObject({ received: 2, passed: 2, dropped: {}, failures: { 'processors[0] (half)': 2 } });
    expect(warnings.filter((text) => text.includes('no more'))).toHaveLength(1);
  });

  it('holds the event back if the failing processor is declared onError: drop', async () => {
    const guard: Processor = () => {
      throw new Error('cannot redact');
    };
    const { tracker, data, node } = await run({
      backends: { safe: backend(MemoryBackend, {}, { processors: [processor(guard, { onError: 'drop' })] }), sink },
    });
    tracker.emit('e');

    expect(data('safe')).toEqual([]);
    expect(node('safe')).toMatchObject({ dropped: { 'processor-failed': 1 } });
    expect(data('sink')).toHaveLength(1);
  });

  it('takes an event that a processor returns, an interface of its own as data included, and nothing that is no event', async () => {
    class Answer {
      constructor(readonly value: number) {}
    }
    const results: Record<string, unknown> = { empty: {}, list: [1], zero: 0, no: false, text: 'text' };
    const replace: Processor = (event) =>
      event.name in results
        ? (results[event.name] as null)
        : { ...event, name: `${event.name}.new`, data: new Answer(1) };
    const { tracker, node } = await run({ processors: [replace], backends: { sink } });
    for (const name of ['given', ...Object.keys(results)]) tracker.emit(name);

    const events = tracker.backend<MemoryBackend>('sink').events();
    expect(events.map(({ name, data }) => [name, data])).toEqual([
      ['given.new', { value: 1 }],
      ...Object.keys(results).map((name) => [name, {}]),
    ]);
    expect(node('')).toMatchObject({ failures: { 'processors[0] (replace)': 5 } });
  });

  it('drops what a promise stands for, names the place and the fix, and lets the promise fail unheard', async () => {
    const late = (() => Promise.reject(new Error('late'))) as unknown as Processor;
    class LateBackend {
      send(): Promise<void> {
        return Promise.reject(new Error('late'));
      }
    }
    const { tracker, node, warnings } = await run({
      backends: {
        a: backend(MemoryBackend, {}, { processors: [late] }),
        b: backend(LateBackend as unknown as new () => Backend),
        sink,
      },
    });
    tracker.emit('e');
    await new Promise((resolve) => setImmediate(resolve));

    expect(node('a')).toMatchObject({ passed: 0, dropped: { 'async-processor': 1 } });
    expect(node('b')).toMatchObject({ passed: 0, dropped: { 'async-backend': 1 } });
    expect(node('sink')).toMatchObject({ passed: 1 });
    expect(warnings.join('\n')).toMatch(/backends\.a\.processors\[0\] \(late\) returned a promise.*Fix/s);
  });

  it('goes on with the other backends when one fails', async () => {
    class Broken implements Backend {
      send(): void {
        throw new Error('down');
      }
    }
    const { tracker, data, node, warnings } = await run({ backends: { a: backend(Broken), b: sink } });
    tracker.emit('e', { a: 1 });
    tracker.emit('e', { a: 2 });

    expect(data('b')).toHaveLength(2);
    expect(node('a')).toMatchObject({ received: 2, passed: 0, dropped: { 'backend-failed': 2 } });
    expect(warnings.filter((text) => text.includes('down'))).toHaveLength(1);
  });

  it('calls an event that lost its name unknown, and restores a time that was removed', async () => {
    const strip: Processor = (event) => {
      delete (event as Partial<TrackingEvent>).name;
      delete (event as Partial<TrackingEvent>).timestamp;
    };
    const { tracker } = await run({ clock: () => 7, processors: [strip], backends: { sink } });
    tracker.emit('e');

    expect(tracker.backend<MemoryBackend>('sink').events()).toEqual([
      expect.objectContaining({ name: 'unknown', timestamp: new Date(7) }),
    ]);
  });

  it('names a processor that takes more than 5 ms, once', async () => {
    const slow: Processor = () => {
      for (const end = performance.now() + 6; performance.now() < end;);
    };
    const { tracker, warnings } = await run({ processors: [slow], backends: { sink } });
    tracker.emit('e');
    tracker.emit('e');

    expect(warnings).toEqual([expect.stringMatching(/^processors\[0\] \(slow\) took [\d.]+ ms/)]);
  });
});

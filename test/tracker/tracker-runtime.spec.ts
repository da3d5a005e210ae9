import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { defineCatalog } from '../../src/catalog/catalog';
import { defineEvent } from '../../src/catalog/define-event';
import type { Destination } from '../../src/delivery/destination';
import type { EnvelopeBackend } from '../../src/routing/contracts';
import { backend } from '../../src/routing/description';
import { consumer, type ConsumerHost, type EventConsumer } from '../../src/intake/event-consumer';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { TrackerRuntime } from '../../src/tracker/tracker-runtime';
import { bareRuntime, LogLines, runtimeOptions, type BareRuntime } from './bare-runtime';

class Lrs implements Destination {
  readonly sent: string[] = [];

  sendBatch(events: readonly { readonly name: string }[]): Promise<void> {
    this.sent.push(...events.map(({ name }) => name));
    return Promise.resolve();
  }
}

/** A shipped backend that notes its calls. */
class Writer implements EnvelopeBackend {
  readonly isBuiltIn = true;
  readonly calls: string[] = [];

  accept(): undefined {
    this.calls.push('accept');
  }

  persist(): void {
    this.calls.push('persist');
  }

  flushSync(): void {
    this.calls.push('flushSync');
  }

  drain(): Promise<void> {
    this.calls.push('drain');
    return Promise.resolve();
  }
}

class Store extends Writer {
  readonly kept: unknown[] = [];

  keepCatalog(document: unknown): void {
    this.kept.push(document);
  }
}

class Reader implements EventConsumer {
  host: ConsumerHost | undefined;
  readonly calls: string[] = [];

  begin(host: ConsumerHost): void {
    this.host = host;
  }

  end(): Promise<void> {
    this.calls.push('end');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }
}

const running: TrackerRuntime[] = [];

afterEach(() => Promise.all(running.splice(0).map((runtime) => runtime.close())));

function bare(...parameters: Parameters<typeof bareRuntime>): BareRuntime {
  const run = bareRuntime(...parameters);
  running.push(run.runtime);
  return run;
}

const memory = { backends: { memory: backend(MemoryBackend) } };
const names = (run: BareRuntime): string[] =>
  run
    .instance(MemoryBackend)
    .events()
    .map(({ name }) => name);
const dropped = ({ runtime }: BareRuntime) => runtime.ledger.tracker().dropped;

describe('TrackerRuntime', () => {
  it('keeps events until it starts, and passes them to the tree then', () => {
    const run = bare(memory);
    const id = run.runtime.emit('early', {});
    expect([run.runtime.isStarting, run.runtime.ledger.tracker().waiting]).toEqual([true, 1]);
    run.start();
    expect([run.runtime.isStarting, run.runtime.ledger.tracker().waiting]).toEqual([false, 0]);
    run.runtime.emit('late', {});
    expect(names(run)).toEqual(['early', 'late']);
    expect(run.instance(MemoryBackend).events()[0]?.id).toBe(id);
  });

  it('builds its tree once', () => {
    const run = bare(memory);
    run.start();
    run.start();
    expect([...run.runtime.tree.nodes()]).toHaveLength(1);
  });

  it('gives each node at most eight parts', () => {
    const run = bare({
      processors: [(event) => event],
      backends: { a: backend(RoutingBackend, {}, { ...memory, processors: [(event) => event] }), lrs: backend(Lrs) },
    });
    run.start();
    const nodes = [...run.runtime.tree.root.all()];
    expect(nodes.map(({ path }) => path)).toEqual(['', 'a', 'a/memory', 'lrs']);
    const given = nodes.flatMap((node) =>
      [node, ...node.steps].flatMap((part) => Object.values(part).filter(isLiteral)),
    );
    expect(given.length).toBeGreaterThanOrEqual(6);
    for (const parts of given) expect(Object.keys(parts).length).toBeLessThanOrEqual(8);
  });

  it('sends nothing, counts nothing and never starts if it is disabled', async () => {
    const run = bare(memory, { enabled: false });
    expect(run.runtime.emit('a', {})).toBeUndefined();
    run.start();
    await run.runtime.close();
    expect([run.runtime.isOff, run.runtime.isStarting]).toEqual([true, false]);
    expect([...run.runtime.tree.nodes()]).toEqual([]);
    expect(run.runtime.ledger.tracker().emitted).toBe(0);
    expect(run.lines).toEqual([]);
  });

  describe('before it starts', () => {
    it('begins no work and publishes nothing', () => {
      const log = new LogLines();
      const runtime = new TrackerRuntime({}, runtimeOptions(log.notices, { documentation: true }));
      const handlers = jest.fn();
      runtime.beginWork(handlers);
      runtime.beginDocumenting();
      runtime.persist();
      expect(handlers).not.toHaveBeenCalled();
      expect(log.lines).toEqual([]);
    });

    it('counts the events that wait as dropped if it closes', async () => {
      const run = bare(memory);
      run.runtime.emit('a', {});
      await run.runtime.close();
      expect(dropped(run)).toEqual({ 'not-ready': 1 });
      expect(run.lines).toContainEqual(expect.stringMatching(/^tracker "default" closed; of 1 events emitted/));
    });
  });

  describe('consumers', () => {
    const tree = { ...memory, consumers: { bus: consumer(Reader) } };

    it('begin only when the process is to work', () => {
      const run = bare(tree);
      run.start();
      expect(run.runtime.ledger.consumers()).toEqual([expect.objectContaining({ name: 'bus', received: 0 })]);
      expect(run.instance(Reader).host).toBeUndefined();
      run.runtime.beginWork(() => []);
      expect(run.instance(Reader).host).toMatchObject({ name: 'bus', tracker: 'default' });
    });

    it('end and close with the tracker', async () => {
      const run = bare(tree);
      run.start();
      run.runtime.beginWork(() => []);
      await run.runtime.close();
      expect(run.instance(Reader).calls).toEqual(['end', 'close']);
    });

    it('keep entries that are no events as dead letters', async () => {
      const run = bare(tree);
      run.start();
      run.runtime.beginWork(() => []);
      const decode = (): never => JSON.parse('?') as never;
      const entry = { position: '0-1', raw: Buffer.from('?'), decode };
      await run.instance(Reader).host?.intake.take([entry], () => undefined);
      expect(run.runtime.deadLetters.list({ path: 'consumer:bus' })).toHaveLength(1);
    });

    it('pass events to the handlers', async () => {
      const run = bare(tree);
      run.start();
      const call = jest.fn();
      run.runtime.beginWork(() => [{ place: 'Reports.on', wants: () => true, call }]);
      const decode = () => ({ name: 'a', timestamp: new Date(0), id: 'id', context: {}, data: {} });
      const entry = { position: '0-1', raw: Buffer.from('a'), decode };
      await run.instance(Reader).host?.intake.take([entry], () => undefined);
      expect(call).toHaveBeenCalledWith(expect.objectContaining({ name: 'a' }));
    });

    it('do not begin once the tracker has closed', async () => {
      const run = bare(tree);
      run.start();
      await run.runtime.close();
      run.runtime.beginWork(() => []);
      expect(run.instance(Reader).host).toBeUndefined();
    });

    it('are left out if a factory switched them off', () => {
      const run = bare(tree);
      run.start(...run.tokens);
      expect(run.runtime.ledger.consumers()).toEqual([]);
    });
  });

  describe('catalog', () => {
    const catalog = defineCatalog([defineEvent('course.enrolled')]);

    it('keeps rejected events as dead letters', () => {
      const run = bare(memory, { catalog, validation: 'reject' });
      run.start();
      run.runtime.emit('unplanned', {});
      expect([dropped(run), names(run)]).toEqual([{ invalid: 1 }, []]);
      expect(run.runtime.deadLetters.list({ path: 'catalog:rejected' })).toHaveLength(1);
    });

    it('passes rejected events on when they are redriven and match', async () => {
      const run = bare(memory);
      run.start();
      const event = { name: 'rejected', timestamp: new Date(0), id: 'id', context: {}, data: {} };
      run.runtime.parts.deliveries.keepLetter('catalog:rejected', event, 'it did not match', {});
      expect(await run.runtime.deadLetters.redrive({})).toBe(1);
      expect(names(run)).toEqual(['rejected']);
    });

    it.each([
      [true, [catalog.document]],
      [undefined, []],
    ])('is published with documentation %p', async (documentation, kept) => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation });
      run.start();
      run.runtime.beginDocumenting();
      await run.runtime.close();
      expect(run.instance(Store).kept).toEqual(kept);
    });

    it('is not published once the tracker has closed', async () => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation: true });
      run.start();
      await run.runtime.close();
      run.runtime.beginDocumenting();
      expect(run.instance(Store).kept).toEqual([]);
    });

    it('is waited for at close while a store keeps it', async () => {
      const run = bare({ backends: { store: backend(Store) } }, { catalog, documentation: true });
      run.start();
      let keep = (): void => undefined;
      run.instance(Store).keepCatalog = () => new Promise<void>((resolve) => (keep = resolve)) as never;
      run.runtime.beginDocumenting();
      const after = jest.fn();
      const closed = run.runtime.close().then(after);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(after).not.toHaveBeenCalled();
      keep();
      await closed;
    });
  });

  describe('at shutdown', () => {
    it('persists, drains, and accepts what a backend still accepts', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      const { calls } = run.instance(Writer);
      await run.runtime.close();
      expect(calls).toEqual(['persist', 'drain']);
      run.runtime.emit('late', {});
      expect(calls).toEqual(['persist', 'drain', 'accept']);
    });

    it('persists when asked to, until it has closed', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      const { calls } = run.instance(Writer);
      run.runtime.persist();
      expect(calls).toEqual(['persist']);
      await run.runtime.close();
      run.runtime.persist();
      expect(calls).toEqual(['persist', 'persist', 'drain']);
    });

    it('closes once', async () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      await Promise.all([run.runtime.close(), run.runtime.close()]);
      await run.runtime.close();
      expect(run.instance(Writer).calls).toEqual(['persist', 'drain']);
    });

    it('delivers the events of a destination', async () => {
      const run = bare({ backends: { lrs: backend(Lrs) } });
      run.start();
      run.runtime.emit('a', {});
      await run.runtime.close();
      expect(run.instance(Lrs).sent).toEqual(['a']);
    });

    it('writes the held events synchronously at the exit of the process', () => {
      const run = bare({ backends: { log: backend(Writer) } });
      run.start();
      run.runtime.flushSync();
      expect(run.instance(Writer).calls).toEqual(['flushSync']);
    });

    it('logs what was lost', async () => {
      const run = bare({});
      run.start();
      run.runtime.emit('a', {});
      await run.runtime.close();
      expect(run.lines.at(-1)).toBe(
        'tracker "default" closed; of 1 events emitted, dropped at the root: 1 no-backend.',
      );
    });

    it('logs the dead letters that are gone', async () => {
      const run = bare(memory, { catalog: defineCatalog([]), validation: 'reject' });
      run.start();
      run.runtime.emit('unplanned', {});
      await run.runtime.close();
      expect(run.lines.at(-1)).toContain('(catalog:rejected: 1)');
    });
  });
});

function isLiteral(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

import { MemoryBackend } from '../../src/backends/memory/memory.backend';
import { backend } from '../../src/routing/description';
import { consumer, type ConsumerHost, type EventConsumer } from '../../src/intake/event-consumer';
import { RoutingBackend } from '../../src/routing/routing.backend';
import { TrackerRuntime } from '../../src/tracker/tracker-runtime';
import { LogLines, runtimeOptions } from './bare-runtime';
import { Lrs, bare, dropped, memory, names } from './runtime-parts';

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

  it('passes each node at most eight parts', () => {
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
    it('starts no work and publishes nothing', () => {
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

    it('start only if the process is a worker', () => {
      const run = bare(tree);
      run.start();
      expect(run.runtime.ledger.consumers()).toEqual([expect.objectContaining({ name: 'bus', received: 0 })]);
      expect(run.instance(Reader).host).toBeUndefined();
      run.runtime.beginWork(() => []);
      expect(run.instance(Reader).host).toMatchObject({ name: 'bus', tracker: 'default' });
    });

    it('stop and close with the tracker', async () => {
      const run = bare(tree);
      run.start();
      run.runtime.beginWork(() => []);
      await run.runtime.close();
      expect(run.instance(Reader).calls).toEqual(['end', 'close']);
    });

    it('keep entries that are not events as dead letters', async () => {
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

    it('do not start once the tracker has closed', async () => {
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
});

function isLiteral(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

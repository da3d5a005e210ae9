import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsyncRoutingBackend, backend, type DeliveryOptions, type TrackingModuleOptions } from '../../src/entries';
import { down, Gate, quick } from '../delivery/gate';
import { imbalance } from '../delivery/books';
import { expectBalance, startTracking, type BuiltTracking } from '../support/start-tracking';
import { until } from '../support/until';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'async-routing-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Run extends BuiltTracking {
  readonly gate: Gate;
}

/** A queue before one destination, whose doors may be shut. */
async function start({
  queue = {},
  gate = {},
  behave,
  ...options
}: TrackingModuleOptions & {
  queue?: DeliveryOptions;
  gate?: DeliveryOptions;
  behave?: Gate['behave'];
} = {}): Promise<Run> {
  class Door extends Gate {
    override behave = behave ?? (() => Promise.resolve());
  }
  const run = await startTracking({
    backends: {
      later: backend(
        AsyncRoutingBackend,
        {},
        { delivery: queue, backends: { gate: backend(Door, {}, { delivery: { ...quick, ...gate } }) } },
      ),
    },
    shutdownTimeoutMs: 400,
    ...options,
  });
  return Object.assign(run, { gate: run.tracker.backend<Gate>('later/gate') });
}

const work = ({ ledger }: Run) => ledger.node('later')?.work;

describe('The queue of a process', () => {
  it('has given every event to the children, in order, when the application has closed', async () => {
    const run = await start({ shutdownTimeoutMs: 10_000 });
    const names = Array.from({ length: 1000 }, (_, at) => `e${String(at)}`);
    for (const name of names) run.tracker.emit(name);
    await run.app.close();
    expect(run.gate.names).toEqual(names);
    expect(run.ledger.destination('later')).toMatchObject({ accepted: 1000, delivered: 1000, pending: 0 });
    expect(work(run)).toMatchObject({ received: 1000, settled: 1000, pending: 0, returned: 0 });
    expectBalance(run.ledger);
  });

  it('forgets an event on its disk only when the destination has it', async () => {
    const directory = newFolder();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const run = await start({ queue: { directory, durable: true }, behave: () => opened });
    run.tracker.emit('a');
    await until(() => run.gate.underWay === 1);
    expect(run.ledger.destination('later')).toMatchObject({ pending: 1, isOnDisk: true });
    expect(work(run)).toMatchObject({ received: 1, settled: 0, pending: 1 });
    open();
    await until(() => run.ledger.destination('later')?.delivered === 1);
    expect(work(run)).toMatchObject({ settled: 1, pending: 0 });
  });

  it('keeps on its disk at shutdown what its children could not deliver, and the next start does', async () => {
    const directory = newFolder();
    const queue = { directory, durable: true };
    const first = await start({ queue, behave: down });
    for (const name of ['a', 'b', 'c']) first.tracker.emit(name);
    await until(() => work(first)?.received === 3);
    await first.app.close();
    expect(first.gate.taken).toEqual([]);
    expect(first.ledger.destination('later')).toMatchObject({ handedOver: 3, delivered: 0, dropped: {} });
    expect(first.ledger.destination('later/gate')?.dropped).toEqual({ returned: 3 });
    expect(work(first)).toMatchObject({ received: 3, returned: 3, pending: 0 });
    expectBalance(first.ledger);

    const second = await start({ queue });
    await until(() => second.gate.taken.length === 3);
    expect(second.gate.names).toEqual(['a', 'b', 'c']);
    await until(() => second.ledger.destination('later')?.delivered === 3);
    await second.app.close();
    expect(second.ledger.destination('later')).toMatchObject({ recovered: 3, handedOver: 0 });
    expectBalance(second.ledger);
  });

  it('keeps what is still in it when the children have no time for it', async () => {
    const directory = newFolder();
    const queue: DeliveryOptions = { directory, durable: true, batch: { maxEvents: 2 } };
    const first = await start({ queue, behave: down });
    for (let at = 0; at < 10; at++) first.tracker.emit(`e${String(at)}`);
    await until(() => work(first)?.received === 2);
    await first.app.close();
    expect(first.ledger.destination('later')).toMatchObject({ handedOver: 10, dropped: {} });
    const second = await start({ queue });
    await until(() => second.gate.taken.length === 10);
    expect(new Set(second.gate.names).size).toBe(10);
  });

  it('drops nothing for want of room with a child: it waits', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const run = await start({
      gate: { maxEvents: 5, batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 1 },
      behave: () => opened,
    });
    for (let at = 0; at < 50; at++) run.tracker.emit(`e${String(at)}`);
    await until(() => run.ledger.destination('later/gate')?.pending === 5);
    open();
    await run.tracker.flush();
    await until(() => run.gate.taken.length === 50);
    expect(run.ledger.destination('later/gate')?.dropped).toEqual({});
    expect(imbalance(run.ledger.destination('later/gate')!)).toBe(0);
  });

  it('does not keep flush waiting for a destination that is down', async () => {
    const run = await start({ queue: { directory: newFolder(), durable: true }, behave: down });
    run.tracker.emit('a');
    await run.tracker.flush();
    expect(run.ledger.destination('later')?.pending).toBe(1);
  });

  it('confirms an event that is on its disk, and one in memory when the children have it', async () => {
    const durable = await start({ queue: { directory: newFolder(), durable: true }, behave: down });
    await expect(durable.tracker.emitConfirmed('a')).resolves.toMatchObject({ destinations: { later: 'stored' } });
    const inMemory = await start();
    await expect(inMemory.tracker.emitConfirmed('a')).resolves.toMatchObject({ destinations: { later: 'delivered' } });
  });

  it('keeps the books while children fail, refuse and take', async () => {
    let call = 0;
    const run = await start({
      queue: { directory: newFolder(), durable: true, batch: { maxEvents: 7 } },
      gate: { batch: { maxEvents: 3 }, retry: { ...quick.retry, attempts: 3 } },
      behave: (events) => {
        call++;
        if (call % 3 === 0) return down();
        return Promise.resolve(
          call % 2 === 0 ? [{ index: 0, reason: 'odd', retryable: call % 4 === 0 }] : (events.slice(0, 0) as never),
        );
      },
    });
    for (let at = 0; at < 60; at++) run.tracker.emit(`e${String(at)}`);
    await until(() => run.ledger.destination('later')?.pending === 0);
    const gate = run.ledger.destination('later/gate')!;
    expect(gate.delivered + gate.deadLettered).toBe(60);
    expect(run.ledger.destination('later')?.delivered).toBe(60);
    expect(work(run)).toMatchObject({ received: 60, settled: 60 });
    expectBalance(run.ledger);
  });
});

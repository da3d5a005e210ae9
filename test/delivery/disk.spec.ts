import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, TrackingConfigException, type DeliveryOptions, type TrackingModuleOptions } from '../../src/entries';
import { eventually } from '../support/eventually';
import { buildTracking, startTracking } from '../support/start-tracking';
import { imbalance } from './books';
import { down, Gate, quick, startGate, type GateRun } from './gate';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tracking-disk-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const started = (delivery: DeliveryOptions, isUp = true, options: TrackingModuleOptions = {}): Promise<GateRun> =>
  startGate(
    { ...quick, directory, ...delivery },
    { shutdownTimeoutMs: 100, ...options, ...(isUp ? {} : { behave: down }) },
  );

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => `e${String(n)}`);

describe('A delivery with a directory', () => {
  it('goes on on disk when memory is full, keeps the order, and gives the disk back', async () => {
    const run = await started({ maxEvents: 10, ordered: true }, false);
    for (const name of numbers(100)) run.tracker.emit(name, { at: new Date(5), deep: [{ at: new Date(6) }] });
    await eventually(() => expect(run.counts().breaker).toBe('open'));
    expect(run.counts()).toMatchObject({ accepted: 100, pending: 100, isOnDisk: true });
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.gate.taken).toHaveLength(100));
    expect(run.gate.names).toEqual(numbers(100));
    for (const event of run.gate.taken) {
      expect(event.timestamp).toBeInstanceOf(Date);
      expect(event.data).toEqual({ at: new Date(5), deep: [{ at: new Date(6) }] });
    }
    expect(run.counts()).toMatchObject({ delivered: 100, pending: 0, isOnDisk: false });
    await run.app.close();
    expect(filesIn(directory)).toEqual([]);
  });

  it('leaves on disk what it could not deliver, and delivers it after the next start under the same ids', async () => {
    const first = await started({}, false);
    for (const name of numbers(20)) first.tracker.emit(name);
    await first.app.close();
    expect(first.counts()).toMatchObject({ accepted: 20, handedOver: 20, pending: 0 });
    expect(imbalance(first.counts())).toBe(0);

    const second = await started({});
    await eventually(() => expect(second.gate.taken).toHaveLength(20));
    expect(new Set(second.gate.names)).toEqual(new Set(numbers(20)));
    expect(second.counts()).toMatchObject({ recovered: 20, delivered: 20, accepted: 0 });
    expect(imbalance(second.counts())).toBe(0);
    const sent = first.gate.batches.flat().map(({ id }) => id);
    expect(second.gate.taken.every(({ id }) => sent.includes(id))).toBe(true);
    await second.app.close();
    expect(filesIn(directory)).toEqual([]);
  });

  it('does not wait at its end for a destination that goes down meanwhile, since the disk keeps what is left', async () => {
    const run = await started({ batch: { maxWaitMs: 60_000 } }, true, {
      shutdownTimeoutMs: 60_000,
      backends: downLater(),
    });
    for (const name of numbers(20)) run.tracker.emit(name);
    await run.app.close(); // the test ends before the time to shut down does
    expect(run.counts()).toMatchObject({ handedOver: 20, breaker: 'open', pending: 0 });
  });

  it('has every event on disk when emit returns, with `durable`', async () => {
    const run = await started({ durable: true, batch: { maxWaitMs: 60_000 } });
    run.tracker.emit('e', { at: new Date(7) });
    expect(run.counts()).toMatchObject({ accepted: 1, pending: 1 });
    expect(run.counts().diskBytes).toBeGreaterThan(100);
    await expect(run.tracker.emitConfirmed('f')).resolves.toMatchObject({ destinations: { gate: 'stored' } });
    await run.tracker.flush();
    expect(run.gate.taken.map(({ name, data }) => [name, data])).toEqual([
      ['e', { at: new Date(7) }],
      ['f', {}],
    ]);
  });

  it('keeps dead letters over a restart, and redrives them', async () => {
    const first = await started({});
    first.gate.behave = (events) =>
      Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    first.tracker.emit('e', { at: new Date(8) });
    await first.tracker.flush();
    await first.app.close();
    const second = await started({});
    const [letter] = second.tracker.deadLetters.list();
    expect(letter).toMatchObject({
      path: 'gate',
      reason: 'refused: no',
      event: { name: 'e', data: { at: new Date(8) } },
    });
    expect(await second.tracker.deadLetters.redrive({})).toBe(1);
    await second.tracker.flush();
    expect(second.gate.taken.map(({ id }) => id)).toEqual([letter?.event.id]);
  });

  it.each(['drop-newest', 'drop-oldest'] as const)('bounds the disk, and counts what goes: %s', async (whenFull) => {
    const run = await started({ maxEvents: 1, maxDiskBytes: 200_000, whenFull }, false);
    const filler = 'x'.repeat(1000);
    for (const name of numbers(1000)) run.tracker.emit(name, { filler });
    const counts = run.counts();
    expect(counts.diskBytes).toBeLessThanOrEqual(200_000);
    expect(imbalance(counts)).toBe(0);
    const dropped = { ...run.ledger.node('gate')?.dropped, ...counts.dropped }['queue-full'] ?? 0;
    expect(dropped).toBeGreaterThan(500);
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.counts().pending).toBe(0));
    expect(run.gate.taken.length + dropped).toBe(1000);
    expect(run.gate.names.includes('e999')).toBe(whenFull === 'drop-oldest');
  });

  it('has written what emitConfirmed says is stored', async () => {
    const run = await started({ maxEvents: 1 }, false);
    run.tracker.emit('in memory');
    const confirmed = await run.tracker.emitConfirmed('on disk');
    expect(confirmed.destinations).toEqual({ gate: 'stored' });
    expect(textIn(directory)).toContain(confirmed.id);
  });

  it('has a redriven event on disk before its dead letter is gone', async () => {
    const run = await started({ batch: { maxWaitMs: 60_000 } });
    run.gate.behave = (events) =>
      Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    run.tracker.emit('e');
    await run.tracker.flush();
    const [letter] = run.tracker.deadLetters.list();
    run.gate.behave = () => new Promise(() => undefined);
    expect(await run.tracker.deadLetters.redrive({})).toBe(1);
    expect(run.counts()).toMatchObject({ deadLetters: 0, pending: 1 });
    expect(textIn(join(directory, 'default'), 'queue')).toContain(letter?.event.id);
  });

  it('keeps the events of a destination that another replaces apart from those of the other', async () => {
    const run = await started({}, false);
    for (const name of numbers(5)) run.tracker.emit(name);
    const second = new Gate();
    run.tracker.registerBackend('gate', second);
    run.tracker.emit('to the second');
    await eventually(() => expect(second.names).toEqual(['to the second']));
    await run.app.close();
    expect(second.batches).toHaveLength(1);

    const next = await started({});
    await eventually(() => expect([...next.gate.names].sort()).toEqual(numbers(5)));
  });

  it('refuses a destination that is registered as durable before its directory can be used', async () => {
    const { tracker, app } = await buildTracking({ delivery: { directory, durable: true } });
    expect(() => tracker.registerBackend('late', new Gate())).toThrow(/durable/);
    await app.init();
    tracker.registerBackend('late', new Gate());
    await expect(tracker.emitConfirmed('e')).resolves.toMatchObject({ destinations: { late: 'stored' } });
  });

  it.each<[string, TrackingModuleOptions['delivery'], DeliveryOptions, string[]]>([
    [
      'of the node',
      undefined,
      { durable: true, retry: { attempts: 0 } },
      ['backends.gate (Gate)', 'backends.gate (Gate) delivery.retry.attempts'],
    ],
    ['of the module', { durable: true, concurrency: 0 }, {}, ['backends.gate (Gate)', 'delivery.concurrency']],
    ['for the directory itself', { directory: 5 as never }, { durable: true }, ['delivery.directory']],
  ])('reports a missing directory together with errors in the options %s', async (_, delivery, ofNode, places) => {
    const backends = { gate: backend(Gate, {}, { delivery: ofNode }) };
    const error = await startTracking({ backends, ...(delivery && { delivery }) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TrackingConfigException);
    expect((error as TrackingConfigException).errors.map(({ path }) => path).sort()).toEqual(places);
  });

  it('refuses at start to be durable without a directory', async () => {
    await expect(
      startTracking({ backends: { gate: backend(Gate, {}, { delivery: { durable: true } }) } }),
    ).rejects.toMatchObject({
      errors: [
        { path: 'backends.gate (Gate)', what: 'its delivery is durable, but has no directory to keep events in.' },
      ],
    });
  });
});

/** One that nobody has found to be down before the end begins. */
function downLater(): TrackingModuleOptions['backends'] {
  class Door extends Gate {
    override behave = down;
  }
  return { gate: backend(Door, {}, { delivery: { ...quick, directory, batch: { maxWaitMs: 60_000 } } }) };
}

/** @param part of a path that the files have in theirs */
function textIn(folder: string, part = ''): string {
  return filesIn(folder)
    .filter((name) => name.endsWith('.seg') && name.includes(part))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');
}

/** All but the folder of the tracker itself. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'default');
}

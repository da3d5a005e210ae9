/**
 * With `ordered` the order of emit holds across restarts; without it nothing on disk waits behind
 * what is new for ever.
 */
import { backend, type DeliveryOptions } from '../../src/entries';
import { eventually } from '../support/eventually';
import { scratchFolder } from '../store/scratch-folder';
import { DiskRun } from './disk-run';
import { buildTracking } from '../support/start-tracking';
import { down, Gate, quick, startGate, type Behaviour, type GateRun } from './gate';

const BATCH = 10;

function start(directory: string, options: DeliveryOptions, behave?: Behaviour): Promise<GateRun> {
  const delivery = { ...quick, directory, batch: { maxEvents: BATCH, maxWaitMs: 1 }, ...options };
  return startGate(delivery, { shutdownTimeoutMs: 50, ...(behave && { behave }) });
}

const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_none, at) => `e${String(from + at)}`);

const KINDS: Readonly<Record<string, DeliveryOptions>> = {
  durable: { durable: true },
  'from memory': { maxEvents: 10_000 },
  'from memory and disk': { maxEvents: 20 },
};

describe('A destination that is ordered', () => {
  it.each(Object.entries(KINDS))(
    'gets what was left before what is new, over three starts: %s',
    async (_kind, options) => {
      const directory = scratchFolder();
      for (const life of [0, 1, 2]) {
        const run = await start(directory, { ...options, ordered: true }, down);
        for (const name of names(life * 100, life * 100 + 100)) run.tracker.emit(name);
        if (life === 1) await eventually(() => expect(run.counts().breaker).toBe('open'));
        await run.app.close();
        expect(run.counts()).toMatchObject({ recovered: life * 100, handedOver: (life + 1) * 100, pending: 0 });
      }
      const last = await start(directory, { ...options, ordered: true });
      for (const name of names(300, 400)) last.tracker.emit(name);
      await eventually(() => expect(last.gate.taken).toHaveLength(400));
      expect(last.gate.names).toEqual(names(0, 400));
      await last.app.close();
    },
  );

  it('gets what was left before what is emitted while the application starts', async () => {
    const directory = scratchFolder();
    const first = await start(directory, { ordered: true }, down);
    for (const name of names(0, 50)) first.tracker.emit(name);
    await first.app.close();

    const delivery = { ...quick, directory, ordered: true, batch: { maxEvents: BATCH, maxWaitMs: 1 } };
    const { tracker, app } = await buildTracking({ backends: { gate: backend(Gate, {}, { delivery }) } });
    for (const name of names(50, 100)) tracker.emit(name);
    await app.init();
    const gate = tracker.backend<Gate>('gate');
    await eventually(() => expect(gate.taken).toHaveLength(100));
    expect(gate.names).toEqual(names(0, 100));
  });

  it('gets events in order that came while the disk could not be written, before and after', async () => {
    const run = await DiskRun.start(scratchFolder(), { ordered: true, maxEvents: 30, maxDiskBytes: 1e6 });
    run.gate.behave = down;
    for (let n = 0; n < 40; n++) run.emit(); // 30 in memory, the others on disk
    const store = Reflect.get(run.delivery, 'parts').store as { append: () => unknown };
    const full = jest.spyOn(store, 'append').mockImplementation(() => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    });
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.gate.taken.length).toBeGreaterThan(20)); // memory has room again
    run.gate.behave = down;
    for (let n = 0; n < 10; n++) run.emit();
    full.mockRestore();
    for (let n = 0; n < 30; n++) run.emit();
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.delivery.counts().pending).toBe(0));
    expect(run.gate.names).toEqual(run.accepted);
    expect(run.accepted).toHaveLength(80);
  });
});

describe('A destination that is not ordered', () => {
  it('gets what was left while as much is emitted as it takes', async () => {
    const directory = scratchFolder();
    const first = await start(directory, {}, down);
    for (const name of names(0, 200)) first.tracker.emit(`old ${name}`);
    await first.app.close();

    let emitted = 0;
    const emit = (count: number): void => {
      for (let n = 0; n < count; n++) run.tracker.emit(`new ${String(emitted++)}`);
    };
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const busy: Behaviour = async (events) => {
      await begun;
      emit(events.length); // as many come as go: the queue is never empty
      await new Promise(setImmediate);
    };
    const run = await start(directory, { concurrency: 1 }, busy);
    emit(50);
    begin();
    await eventually(() => expect(run.gate.names.filter((name) => name.startsWith('old'))).toHaveLength(200));
    // Half of what is sent, and not all of it: what is new does not wait either.
    const upTo = run.gate.names.findLastIndex((name) => name.startsWith('old'));
    const isNew = run.gate.names.slice(0, upTo).filter((name) => name.startsWith('new')).length;
    expect(isNew).toBeGreaterThan(100);
    expect(isNew).toBeLessThan(400);
    run.gate.behave = () => Promise.resolve();
  });
});

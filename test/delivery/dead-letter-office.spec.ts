import { DeadLetterOffice } from '../../src/delivery/dead-letter-office';
import { LetterStore } from '../../src/delivery/letter-store';
import type { RecordOrigin } from '../../src/delivery/queued-event';
import type { IdentifiedEvent } from '../../src/event/tracking-event';
import { MemoryStore } from '../../src/store/memory-store';
import { bareDelivery, closeBareDeliveries } from './bare-delivery';

afterEach(closeBareDeliveries);
afterEach(() => jest.restoreAllMocks());

const eventOf = (name: string): IdentifiedEvent => ({ id: name, name, timestamp: new Date(0), context: {}, data: {} });

/** An office, with a delivery at the path `gate` if that is asked for. */
function create({ withGate = false, disk }: { readonly withGate?: boolean; readonly disk?: MemoryStore } = {}) {
  const run = withGate ? bareDelivery({ batch: { maxWaitMs: 1 } }) : undefined;
  const opened: string[] = [];
  const notified: string[] = [];
  const lost: string[] = [];
  const office = new DeadLetterOffice({
    deliveries: run === undefined ? [] : [run.delivery],
    openLetters: (path, maxMemoryBytes) => {
      opened.push(path);
      return new LetterStore(disk, maxMemoryBytes);
    },
    onLetter: (path) => notified.push(path),
    onLost: (path, text) => lost.push(`${path}: ${text}`),
  });
  const keep = (path: string, name: string, facts: RecordOrigin = {}, reason = 'attempts'): void => {
    office.keep(path, eventOf(name), reason, facts);
  };
  const list = (path?: string): string[] =>
    office.list({ path }).map((letter) => `${letter.path} ${letter.event.name}`);
  return { office, run, opened, notified, lost, keep, list };
}

describe('DeadLetterOffice', () => {
  it('keeps letters of a destination with it, and those of another path in a box for that', () => {
    const { office, run, opened, notified, keep, list } = create({ withGate: true });
    keep('gate', 'a');
    keep('missing', 'b');
    keep('missing', 'c');
    expect(run?.counts().deadLetters).toBe(1);
    expect(opened).toEqual(['missing']);
    expect(notified).toEqual(['missing', 'missing']); // a delivery notifies by itself
    expect(list()).toEqual(['gate a', 'missing b', 'missing c']);
    expect(list('missing')).toEqual(['missing b', 'missing c']);
    expect(office.forgottenStrays()).toEqual({});
  });

  it('keeps input that is no event away from the letters of a destination that cannot take it', () => {
    const { run, keep, list } = create({ withGate: true });
    keep('gate', 'a', { isRaw: true });
    expect(run?.counts().deadLetters).toBe(0);
    expect(list()).toEqual([':unreadable a']);
  });

  it('lists up to a limit, across boxes', () => {
    const { office, keep } = create();
    for (const path of ['one', 'two']) for (const name of ['a', 'b']) keep(path, name);
    const found = office.list({}, 3).map(({ path, event }) => `${path} ${event.name}`);
    expect(found).toEqual(['one a', 'one b', 'two a']);
    expect(office.list({}, 2)).toHaveLength(2);
    for (let n = 0; n < 1001; n++) keep('three', String(n));
    expect(office.list({ path: 'three' })).toHaveLength(1000);
  });

  it('counts by reason, up to a hundred reasons', () => {
    const { office, keep } = create();
    for (let n = 0; n < 102; n++) keep('one', 'a', {}, `reason ${String(n)}`);
    keep('two', 'a', {}, 'reason 0');
    const counts = office.count({});
    expect(Object.keys(counts)).toHaveLength(101);
    expect(counts).toMatchObject({ 'reason 0': 2, 'reason 99': 1, '(other reasons)': 2 });
    expect(office.count({ path: 'two' })).toEqual({ 'reason 0': 1 });
  });

  it('puts letters of more than a hundred paths into one box', () => {
    const { office, opened, keep, list } = create();
    for (let n = 0; n < 103; n++) keep(`path ${String(n)}`, 'a');
    expect(opened).toHaveLength(101);
    expect(list(':other')).toHaveLength(3);
    expect(office.strayFor('another')).toBeUndefined();
    expect(office.strayFor('path 7')?.path).toBe('path 7');
  });

  it('gives letters to the taker of their path, those that it can take now, and keeps the others', async () => {
    const { office, keep, list } = create();
    const taken: string[] = [];
    office.takeBack('catalog:rejected', {
      isTaken: ({ name }) => name !== 'bad',
      take: ({ name }) => void taken.push(name),
    });
    for (const name of ['a', 'bad', 'b']) keep('catalog:rejected', name);
    keep('missing', 'c');
    expect(await office.redrive({})).toBe(2);
    expect(taken).toEqual(['a', 'b']);
    expect(list()).toEqual(['catalog:rejected bad', 'missing c']);
    expect(await office.purge({ path: 'missing' })).toBe(1);
    expect(list()).toEqual(['catalog:rejected bad']);
  });

  it('redrives letters of a destination through its queue', async () => {
    const { office, run, keep } = create({ withGate: true });
    keep('gate', 'a');
    expect(await office.redrive({})).toBe(1);
    await run?.delivery.flush();
    expect(run?.gate.names).toEqual(['a']);
    expect(run?.counts()).toMatchObject({ redriven: 1, delivered: 1, deadLetters: 0 });
  });

  it('hands the letters of a path over to a destination that comes there', () => {
    const { office, keep, list } = create();
    keep('late', 'a');
    expect(office.handOut('late')?.count).toBe(1);
    expect(list()).toEqual([]);
    expect(office.handOut('late')).toBeUndefined();
  });

  it('says at close how many letters were in memory only, by path', () => {
    const { office, run, keep } = create({ withGate: true });
    keep('gate', 'a');
    for (const name of ['b', 'c']) keep('missing', name);
    expect(office.lettersLostAtClose()).toEqual(new Map());
    office.close();
    run?.delivery.flushSync();
    expect(office.lettersLostAtClose()).toEqual(
      new Map([
        ['gate', 1],
        ['missing', 2],
      ]),
    );
    expect(office.forgottenStrays()).toEqual({ missing: 2 });
  });

  it('reports a letter that cannot be kept, and counts it', () => {
    const disk = MemoryStore.open({ maxBytes: 1e6 });
    const { office, lost, keep } = create({ disk });
    keep('missing', 'a');
    jest.spyOn(disk, 'append').mockImplementation(() => {
      throw new Error('broken');
    });
    keep('missing', 'b');
    expect(lost[0]).toMatch(/^missing: a dead letter could not be kept: Error: broken/);
    expect(office.forgottenStrays()).toEqual({ missing: 1 });
  });

  it('copies letters to the disk when it can be written again', () => {
    const disk = MemoryStore.open({ maxBytes: 1e6 });
    const { office, keep } = create({ disk });
    office.strayFor('missing');
    const check = jest.spyOn(disk, 'check');
    keep('missing', 'a');
    office.checkDisk();
    expect(check).toHaveBeenCalledTimes(1);
    expect(disk.count).toBe(1);
  });
});

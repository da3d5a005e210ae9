import type { QueuedEvent } from '../../../src/delivery/queued-event';
import { datesOf } from '../../../src/event/event-record';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';
import {
  isOfNewerFormat,
  jobIdOf,
  narrowJob,
  readJob,
  writeJob,
  type EventJob,
  type ReadJob,
  type WrittenJob,
} from '../../../src/transports/bull/event-job';

const DUE = new Date('2026-12-01T00:00:00.000Z');
const address = { tracker: 'default', path: 'later', emitter: 'process', isProcessed: false };

function entryOf(event: Partial<IdentifiedEvent>, more: object = {}): QueuedEvent {
  const whole = { id: 'id', name: 'e', timestamp: new Date(0), context: {}, data: {}, ...event };
  const texts = { text: () => JSON.stringify(whole), dates: () => datesOf(whole) };
  const fields = { id: whole.id, acceptedAt: 5, bytes: 100, facts: {}, ...texts };
  return { ...fields, ...more } as unknown as QueuedEvent;
}

/** Returns the data of a job as a worker gets it. */
function stored({ head, events }: WrittenJob): EventJob {
  return { ...head, events: events.map((text) => JSON.parse(text) as object) };
}

function roundTrip(entries: readonly QueuedEvent[], more: Partial<typeof address> = {}): ReadJob {
  return readJob(stored(writeJob(entries, { ...address, ...more }))) as ReadJob;
}

describe('writeJob and readJob', () => {
  it('keep the events with their dates, their origin and the address', () => {
    const event = { data: { due: DUE, text: DUE.toISOString() }, context: { since: DUE } };
    const read = roundTrip([entryOf(event, { facts: { depth: 2, parentId: 'p' } })], {
      isProcessed: true,
    });
    expect(read).toMatchObject({ ...address, isProcessed: true, unreadable: [] });
    expect(read.events).toEqual([
      {
        event: { id: 'id', name: 'e', timestamp: new Date(0), ...event },
        origin: { depth: 2, parentId: 'p', length: 100 },
        index: 0,
      },
    ]);
  });

  it('store facts only of the events that have some', () => {
    const plain = writeJob([entryOf({}), entryOf({})], address);
    const derived = writeJob([entryOf({}), entryOf({}, { facts: { depth: 1 } })], address);
    expect([plain.head.facts, derived.head.facts]).toEqual([undefined, { 1: { depth: 1 } }]);
    expect(['processed' in plain.head, plain.head.length]).toEqual([false, 200]);
    expect((readJob(stored(plain)) as ReadJob).isProcessed).toBe(false);
  });

  it('keep readable events when others cannot be read', () => {
    const job = { ...stored(writeJob([entryOf({})], address)), events: [{ id: 7 }, JSON.parse(entryOf({}).text())] };
    const { events, unreadable } = readJob(job) as ReadJob;
    expect([events.map(({ index }) => index), unreadable]).toEqual([
      [1],
      [{ index: 0, reason: 'one of its events cannot be read: it has no id or no name' }],
    ]);
  });
});

describe('readJob', () => {
  const job = (more: object): object => ({ format: 1, tracker: 't', path: 'p', emitter: 'x', events: [], ...more });
  const event = JSON.parse(entryOf({}).text()) as object;

  it.each([
    [7, 'its data is not an object'],
    [null, 'its data is not an object'],
    [job({ format: 2 }), /^it has format 2, and this version reads formats up to 1: it was written by a newer version/],
    [job({ format: 0 }), 'it has the format 0, which is not a format of jobs'],
    [job({ format: 'secret' }), 'it has the format of type string, which is not a format of jobs'],
    [job({ format: null }), 'it has the format of type null, which is not a format of jobs'],
    [job({ tracker: 1 }), 'it lacks tracker, path or events'],
    [job({ path: undefined }), 'it lacks tracker, path or events'],
    [job({ events: {} }), 'it lacks tracker, path or events'],
    [job({ events: [{ id: 'i' }] }), 'one of its events cannot be read: it has no id or no name'],
    [job({ events: [{ id: 'i', name: 'n', timestamp: '2026-11-24' }] }), /it has no timestamp, no context or no data$/],
    [job({ events: [event], facts: { 0: 7 } }), /its facts .* cannot be read$/],
    [job({ events: [event], facts: { 0: { depth: -1 } } }), /its facts .* cannot be read$/],
    [job({ events: [event], facts: { 0: { depth: 1, parentId: 7 } } }), /its facts .* cannot be read$/],
  ])('returns why it can read nothing of %j', (data, reason) => {
    expect(readJob(data)).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });

  it('reads a job without an emitter or a length', () => {
    expect(readJob(job({ emitter: undefined, events: [event] }))).toMatchObject({
      emitter: '',
      events: [{ origin: { length: undefined } }],
    });
  });

  it('finds no facts in the prototype of an object', () => {
    expect(readJob(job({ events: [event], facts: Object.create({ 0: 7 }) as object }))).toMatchObject({
      unreadable: [],
    });
  });
});

describe('isOfNewerFormat', () => {
  it('is true only for numbers above the newest format', () => {
    expect([{ format: 2 }, { format: 1 }, { format: '2' }, null, 'text'].map(isOfNewerFormat)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('narrowJob', () => {
  it('keeps the chosen events with their facts, and their share of the length', () => {
    const events = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    const job: EventJob = { format: 1, ...address, events, length: 300, facts: { 1: { depth: 4 }, 0: { depth: 2 } } };
    expect(narrowJob(job, [2, 0])).toMatchObject({ length: 200, facts: { 1: { depth: 2 } } });
    expect(narrowJob(job, [2, 0]).events).toEqual([{ id: 'c' }, { id: 'a' }]);
    expect('facts' in narrowJob(job, [2])).toBe(false);
    expect(narrowJob({ ...job, events: [] }, []).length).toBe(0);
  });
});

describe('jobIdOf', () => {
  it('is the same for the same events at the same path only', () => {
    const [a, b] = [entryOf({ id: 'a' }), entryOf({ id: 'b' })];
    const ids = [
      jobIdOf('p', [a, b]),
      jobIdOf('p', [b, a]),
      jobIdOf('p', [a]),
      jobIdOf('q', [a, b]),
      jobIdOf('p', [entryOf({ id: 'a' }, { acceptedAt: 6 }), b]), // it was redriven
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(jobIdOf('p', [entryOf({ id: 'a' }), b])).toBe(ids[0]);
    expect(ids[0]).toMatch(/^t-[\w-]{22}$/);
  });
});

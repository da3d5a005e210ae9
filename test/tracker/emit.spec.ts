import { backend, MemoryBackend, type TrackingClock } from 'nestjs-event-tracking';
import { buildTracking, RecordingLogger, startTracking } from '../support/start-tracking';

// RFC 9562, 5.7: version 7, variant 10.
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** RFC 9562, 5.7: the first 48 bits are the epoch milliseconds. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** What nobody typed may still arrive from JavaScript, or from a value that was parsed. */
function untyped(value: unknown): never {
  return value as never;
}

describe('The name of an event', () => {
  it.each([undefined, null, '', 0, false, Number.NaN, [], {}, new Set(), new Map()])(
    'is unknown when emit is given %p',
    async (name) => {
      const { tracker, events } = await startTracking();
      tracker.emit(untyped(name));
      expect(events()).toEqual([expect.objectContaining({ name: 'unknown', data: {}, context: {} })]);
    },
  );

  it('is kept as given, without any normalization', async () => {
    const { tracker, names } = await startTracking();
    const given = ['a b', ' a', 'É', 'E\u0301', 'edx.course', '\u{1f600}', 'a\nb'];
    for (const name of given) tracker.emit(name);
    expect(names()).toEqual(given);
  });

  it.each<[unknown, string]>([
    [42, '42'],
    [true, 'true'],
    [10n, '10'],
    [['l'], '["l"]'],
    [{ a: 1 }, '{"a":1}'],
    [Symbol('s'), 'Symbol(s)'],
  ])('is the string form of %p when it is not a string, which is counted and warned about once', async (name, text) => {
    const logger = new RecordingLogger();
    const { tracker, names, ledger } = await startTracking({ logger });
    tracker.emit(untyped(name));
    tracker.emit(untyped(name));
    expect(names()).toEqual([text, text]);
    expect(ledger.tracker().oddNames).toBe(2);
    expect(logger.warnings).toEqual([expect.stringContaining(JSON.stringify(text))]);
  });

  it('is not counted as converted when it is a string or absent', async () => {
    const { tracker, ledger } = await startTracking();
    tracker.emit('a');
    tracker.emit('');
    tracker.emit();
    expect(ledger.tracker().oddNames).toBe(0);
  });
});

describe('The data of an event', () => {
  it.each([undefined, null, false, 0, '', Number.NaN, [], 0n])('is {} when emit is given %p', async (data) => {
    const { tracker, last } = await startTracking();
    tracker.emit('a', untyped(data));
    expect(last().data).toEqual({});
  });

  it.each<[unknown]>([[[1, 'two']], ['text'], [7], [true], [{ a: { b: [null] } }]])(
    'is kept as given: %p',
    async (data) => {
      const { tracker, last } = await startTracking();
      tracker.emit('a', untyped(data));
      expect(last().data).toEqual(data);
    },
  );

  it('is as it was at emit, whatever the caller changes later', async () => {
    const { tracker, last } = await startTracking();
    const data = { at: new Date(1000), list: [1], deep: { a: 1 } };
    tracker.emit('a', data);
    data.at.setTime(2000);
    data.list.push(2);
    data.deep.a = 2;
    expect(last().data).toEqual({ at: new Date(1000), list: [1], deep: { a: 1 } });
  });

  it('is, like the context of a waiting event, as it was at emit, although the tree sees it later', async () => {
    const { app, tracker, last } = await buildTracking();
    const data = { a: 1 };
    const values = { user_id: 1 };
    tracker.context(values, () => tracker.emit('early', data));
    data.a = 2;
    values.user_id = 2;
    await app.init();
    expect(last()).toMatchObject({ data: { a: 1 }, context: { user_id: 1 } });
  });
});

describe('The time of an event', () => {
  it.each<[string, TrackingClock]>([
    ['a number', () => 1_706_933_100_789],
    ['a Date', () => new Date(1_706_933_100_789)],
    ['a number with fractions', () => 1_706_933_100_789.7],
  ])('is the time of a clock that returns %s, and the id contains it', async (_form, clock) => {
    const { tracker, last } = await startTracking({ clock });
    tracker.emit('a');
    expect(last().timestamp).toEqual(new Date(1_706_933_100_789));
    expect(timeOf(last().id)).toBe(1_706_933_100_789);
  });

  it.each<[string, TrackingClock]>([
    [
      'throws',
      () => {
        throw new Error('no time');
      },
    ],
    ['gives NaN', () => Number.NaN],
    ['gives an invalid Date', () => new Date(Number.NaN)],
    ['gives undefined', () => untyped(undefined)],
    ['gives what no Date can hold', () => 8.64e15 + 1],
  ])('is the system time when the clock %s', async (_fault, clock) => {
    const { tracker, last } = await startTracking({ clock });
    const before = Date.now();
    tracker.emit('a');
    const time = last().timestamp.getTime();
    expect(before <= time && time <= Date.now()).toBe(true);
  });

  it('may be outside of the range of a UUIDv7: the id is clamped and the timestamp is not', async () => {
    let now = -1;
    const { tracker, last } = await startTracking({ clock: () => now });
    tracker.emit('before 1970');
    expect(last()).toMatchObject({ timestamp: new Date(-1), id: expect.stringMatching(UUID_V7) });
    now = 8.64e15;
    tracker.emit('the last millisecond');
    expect(last()).toMatchObject({ timestamp: new Date(8.64e15), id: expect.stringMatching(UUID_V7) });
  });

  it('is the time of emit, not of the start, for an event that waited', async () => {
    let now = 1000;
    const { app, tracker, last } = await buildTracking({ clock: () => now });
    tracker.emit('early');
    now = 2000;
    await app.init();
    expect(last().timestamp).toEqual(new Date(1000));
  });
});

describe('The id of an event', () => {
  it('is a UUIDv7 of the time of emit', async () => {
    const { tracker, last } = await startTracking();
    const before = Date.now();
    tracker.emit('a');
    const { id } = last();
    expect(id).toMatch(UUID_V7);
    expect(before <= timeOf(id) && timeOf(id) <= Date.now()).toBe(true);
  });

  it('is greater than every earlier id, also within one millisecond and after its counter overflows', async () => {
    const { tracker, events } = await startTracking({
      clock: () => 1_706_933_100_789,
      backends: { sink: backend(MemoryBackend, { maxEvents: 20_000 }) },
    });
    for (let count = 0; count < 10_000; count++) tracker.emit('a');
    const ids = events().map(({ id }) => id);
    expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
    expect(ids.findIndex((id, at) => at > 0 && id <= ids[at - 1]!)).toBe(-1);
  });

  it('increases again when the time does', async () => {
    let now = 1000;
    const { tracker, events } = await startTracking({ clock: () => now });
    for (; now < 1100; now += 3) for (let count = 0; count < 5; count++) tracker.emit('a');
    const ids = events().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { backend, LoggerBackend, MemoryBackend, TrackerService, type TrackingClock } from 'nestjs-event-tracking';
import { buildTracking, expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';

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

  it('is text as it was given, without any normalising', async () => {
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
  ])('is the text of %p when it is no text, counted and warned of once', async (name, text) => {
    const logger = new RecordingLogger();
    const { tracker, names, ledger } = await startTracking({ logger });
    tracker.emit(untyped(name));
    tracker.emit(untyped(name));
    expect(names()).toEqual([text, text]);
    expect(ledger.tracker().oddNames).toBe(2);
    expect(logger.warnings).toEqual([expect.stringContaining(JSON.stringify(text))]);
  });

  it('is not counted as odd when it is text or absent', async () => {
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
    'is what emit was given: %p',
    async (data) => {
      const { tracker, last } = await startTracking();
      tracker.emit('a', untyped(data));
      expect(last().data).toEqual(data);
    },
  );

  it('is what it was at emit, whatever the caller changes afterwards', async () => {
    const { tracker, last } = await startTracking();
    const data = { at: new Date(1000), list: [1], deep: { a: 1 } };
    tracker.emit('a', data);
    data.at.setTime(2000);
    data.list.push(2);
    data.deep.a = 2;
    expect(last().data).toEqual({ at: new Date(1000), list: [1], deep: { a: 1 } });
  });

  it('and the context of a waiting event are what they were at emit, although the tree sees them later', async () => {
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
  ])('is what a clock says that gives %s, and the id carries it', async (_form, clock) => {
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
  ])("is the system's when the clock %s", async (_fault, clock) => {
    const { tracker, last } = await startTracking({ clock });
    const before = Date.now();
    tracker.emit('a');
    const time = last().timestamp.getTime();
    expect(before <= time && time <= Date.now()).toBe(true);
  });

  it('may be one that no UUIDv7 can hold: the id is clamped and the timestamp is not', async () => {
    let now = -1;
    const { tracker, last } = await startTracking({ clock: () => now });
    tracker.emit('before 1970');
    expect(last()).toMatchObject({ timestamp: new Date(-1), id: expect.stringMatching(UUID_V7) });
    now = 8.64e15;
    tracker.emit('the last millisecond');
    expect(last()).toMatchObject({ timestamp: new Date(8.64e15), id: expect.stringMatching(UUID_V7) });
  });

  it('is that of emit, not that of the start, for an event that waited', async () => {
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

  it('is greater than every id before it, also within one millisecond and beyond the room of its counter', async () => {
    const { tracker, events } = await startTracking({
      clock: () => 1_706_933_100_789,
      backends: { sink: backend(MemoryBackend, { maxEvents: 20_000 }) },
    });
    for (let count = 0; count < 10_000; count++) tracker.emit('a');
    const ids = events().map(({ id }) => id);
    expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
    expect(ids.findIndex((id, at) => at > 0 && id <= ids[at - 1]!)).toBe(-1);
  });

  it('goes on upwards when the time does', async () => {
    let now = 1000;
    const { tracker, events } = await startTracking({ clock: () => now });
    for (; now < 1100; now += 3) for (let count = 0; count < 5; count++) tracker.emit('a');
    const ids = events().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('An event emitted before the application has started', () => {
  @Injectable()
  class EagerService implements OnModuleInit {
    constructor(private readonly tracker: TrackerService) {
      tracker.context({ user_id: 7 }, () => tracker.emit('constructor'));
    }

    onModuleInit(): void {
      this.tracker.emit('onModuleInit');
    }
  }

  /** Of the tree itself, so that its hooks run before the tree is ready. */
  @Injectable()
  class EagerBackend implements OnModuleInit {
    constructor(private readonly tracker: TrackerService) {
      tracker.emit('constructor of a backend');
    }

    onModuleInit(): void {
      this.tracker.emit('onModuleInit of a backend');
    }

    send(): void {}
  }

  it('is kept, and sent in order with its own context', async () => {
    const run = await startTracking(
      { backends: { eager: backend(EagerBackend), sink: backend(MemoryBackend) } },
      { providers: [EagerService] },
    );
    run.tracker.emit('started');
    expect([...run.names()].sort()).toEqual(
      ['constructor', 'constructor of a backend', 'onModuleInit', 'onModuleInit of a backend', 'started'].sort(),
    );
    expect(run.names().at(-1)).toBe('started');
    const ids = run.events().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(run.events().find(({ name }) => name === 'constructor')?.context).toEqual({ user_id: 7 });
    expect(run.ledger.tracker()).toMatchObject({ emitted: 5, waiting: 0, dropped: {} });
    expectBalance(run.ledger);
  });

  it('waits, within the bound of maxEarlyEvents, beyond which it is dropped as not-ready and told once', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger, names } = await buildTracking({ maxEarlyEvents: 2, logger });
    for (const name of ['1', '2', '3', '3']) tracker.emit(name);
    expect(ledger.tracker()).toMatchObject({ emitted: 4, waiting: 2, dropped: { 'not-ready': 2 } });
    expectBalance(ledger);
    await app.init();
    expect(names()).toEqual(['1', '2']);
    expect(ledger.tracker()).toMatchObject({ emitted: 4, waiting: 0, dropped: { 'not-ready': 2 } });
    expectBalance(ledger);
    expect(logger.warnings).toEqual([expect.stringContaining("'not-ready'")]);
  });

  it('never waits when maxEarlyEvents is 0', async () => {
    const { app, tracker, ledger, names } = await buildTracking({ maxEarlyEvents: 0 });
    tracker.emit('early');
    expect(ledger.tracker()).toMatchObject({ waiting: 0, dropped: { 'not-ready': 1 } });
    await app.init();
    expect(names()).toEqual([]);
  });

  it('is dropped as not-ready, counted and said, when the application closes without having started', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger } = await buildTracking({ logger });
    tracker.emit('early');
    await app.close();
    expect(ledger.tracker()).toMatchObject({ emitted: 1, waiting: 0, dropped: { 'not-ready': 1 } });
    expectBalance(ledger);
    expect(logger.warnings.at(-1)).toContain('1 not-ready');
  });
});

describe('With enabled: false', () => {
  it('emit does nothing, counts nothing, and reads nothing of what it is given', async () => {
    const { tracker, ledger } = await startTracking({ enabled: false });
    const read = jest.fn();
    tracker.emit('a', {
      get field() {
        return read();
      },
    });
    await tracker.flush();
    expect(read).not.toHaveBeenCalled();
    expect(ledger.tracker()).toEqual({
      name: 'default',
      emitted: 0,
      redriven: 0,
      dropped: {},
      waiting: 0,
      held: 0,
      replaced: {},
      oddNames: 0,
      uncertainContexts: 0,
      forgottenDeadLetters: {},
      violations: {},
      failures: {},
    });
    expect(ledger.nodes()).toEqual([expect.objectContaining({ path: '', received: 0 })]);
  });

  it('contexts still do what they say', async () => {
    const { tracker } = await startTracking({ enabled: false });
    const inside = tracker.context({ user_id: 1 }, () => tracker.currentContext());
    expect(inside).toEqual({ user_id: 1 });
  });
});

describe('An event emitted after the application has closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('still gets into the memory, into the log, and into the books', async () => {
    const path = join(folder, 'late.log');
    const { app, tracker, ledger, names } = await startTracking({
      backends: { log: backend(LoggerBackend, { path }), sink: backend(MemoryBackend) },
    });
    tracker.emit('in time');
    await app.close();
    expect(() => tracker.emit('late')).not.toThrow();
    expect(names()).toEqual(['in time', 'late']);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(['in time', 'late']);
    expectBalance(ledger);
  });
});

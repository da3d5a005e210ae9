import { gzipSync } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import {
  AsyncRoutingBackend,
  backend,
  LoggerBackend,
  MemoryBackend,
  type Destination,
  type IdentifiedEvent,
  type TrackingEvent,
} from '../../../src/entries';
import { importEvents } from '../../../src/entries/openedx';
import { runtimeOf } from '../../../src/tracker/runtime-of';
import { LogFolder } from '../../support/log-folder';
import { buildTracking, expectBalance, startTracking } from '../../support/start-tracking';
import { chunksOf, platformLine, platformLines } from './support';

const MEMORY = { sink: backend(MemoryBackend, { maxEvents: 100_000 }) };

/** A destination that is slow, refuses some, and keeps the rest by id. */
@Injectable()
class SlowStore implements Destination {
  static readonly ids = new Map<string, number>();
  static mostWaiting = 0;

  async sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { id } of events) SlowStore.ids.set(id, (SlowStore.ids.get(id) ?? 0) + 1);
  }
}

/** A destination that answers only some time after the first attempt. */
@Injectable()
class LateStore implements Destination {
  static readonly ids: string[] = [];
  private readonly upAt = performance.now() + 300;

  sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
    if (performance.now() < this.upAt)
      return Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }));
    LateStore.ids.push(...events.map(({ id }) => id));
    return Promise.resolve();
  }
}

const LINES: readonly (readonly [title: string, line: string, expected: object])[] = [
  [
    'this package',
    '{"name":"a","timestamp":"2026-01-02T03:04:05.678Z","id":"0190-own","context":{"user_id":1},"data":{"n":1},"release":"r"}',
    { name: 'a', id: '0190-own', timestamp: new Date('2026-01-02T03:04:05.678Z'), data: { n: 1 }, release: 'r' },
  ],
  [
    'the reference',
    '{"name": "b", "timestamp": "2026-01-02T03:04:05.678901+00:00", "data": {"n": NaN}, "context": {"x": "\\u00fc"}}\r',
    { name: 'b', timestamp: new Date('2026-01-02T03:04:05.678Z'), data: { n: null }, context: { x: 'ü' } },
  ],
  [
    'the platform behind a prefix',
    `2025-05-23 13:53:13,461 INFO 20 [tracking] [user None] logger.py:41 - ${platformLine(4)}`,
    {
      name: 'play_video',
      data: { id: 'v', currentTime: 4 },
      context: {
        course_id: 'course-v1:Campus+BIO+1',
        user_id: 4,
        path: '/event',
        username: 'learner4',
        ip: '192.0.2.1',
      },
    },
  ],
  [
    'the platform with a long integer and no data',
    '{"event_type": "/about", "event": "", "time": "2026-01-02T03:04:05", "context": {"n": 12345678901234567890}}',
    { name: '/about', data: {}, context: { n: '12345678901234567890' }, timestamp: new Date('2026-01-02T03:04:05Z') },
  ],
];

describe('importEvents', () => {
  it.each(LINES)('reads a line of %s', async (_, line, expected) => {
    const { tracker, last } = await startTracking();
    const result = await importEvents([`\ufeff${line}\n`], { tracker });
    expect(last()).toMatchObject(expected);
    expect(result).toMatchObject({ lines: 1, events: 1, imported: 1, broken: 0, backends: { sink: { delivered: 1 } } });
  });

  it('gives an event the same id whenever and wherever its line is read', async () => {
    const { tracker, events } = await startTracking({ backends: MEMORY });
    const lines = platformLines(50);
    await importEvents([lines], { tracker });
    const prefixed = lines
      .split('\n')
      .map((line) => (line === '' ? '' : `host tracking: ${line} `))
      .join('\r\n');
    await importEvents(chunksOf(prefixed, 7), { tracker });
    const ids = events().map(({ id }) => id);
    expect(ids.slice(50)).toEqual(ids.slice(0, 50));
    expect(new Set(ids).size).toBe(50);
    expect(ids).toEqual(
      ids.map(() => expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)),
    );
    expect([...ids.slice(0, 50)].sort()).toEqual(ids.slice(0, 50)); // they sort by time
  });

  it('reads gzip, and an archive that was cut off as far as it goes', async () => {
    const { tracker, events } = await startTracking({ backends: MEMORY });
    const packed = gzipSync(platformLines(5000));
    expect((await importEvents([packed], { tracker })).imported).toBe(5000);
    const { imported, broken, brokenLines } = await importEvents([packed.subarray(0, packed.length / 2)], { tracker });
    expect(imported).toBeGreaterThan(1000);
    expect(broken).toBe(1);
    expect(brokenLines[0]?.why).toContain('incomplete');
    expect(events()).toHaveLength(5000 + imported);
  });

  it('counts what is no event, and a last line that was cut off', async () => {
    const { tracker } = await startTracking();
    const log = `${platformLine(1)}\n\n{"level":30}\nnothing\n${platformLine(2)}\n${platformLine(3).slice(0, 60)}`;
    expect(await importEvents([log], { tracker })).toMatchObject({
      ...{ lines: 6, events: 2, imported: 2, blank: 1, others: 1, broken: 2, settledLines: 6 },
      names: { play_video: 1, problem_check: 1 },
    });
  });

  it.each([
    [{ names: ['play_*'] }, 50, { name: 50 }],
    [{ except: ['play_video'] }, 50, { name: 50 }],
    [{ courses: ['course-v1:Campus+BIO+0'] }, 34, { course: 66 }],
    [{ from: new Date('2025-01-01T00:10:00Z'), until: new Date('2025-01-01T00:20:00Z') }, 10, { time: 90 }],
  ])('imports only the events that %j lets pass', async (filter, imported, skipped) => {
    const { tracker, events } = await startTracking({ backends: MEMORY });
    const lines = `${platformLines(100)}${platformLine(1, { time: 'yesterday' })}\n`;
    const result = await importEvents([lines], { tracker, ...filter });
    expect(result).toMatchObject({ events: 101, imported, skipped: { ...skipped, 'no-time': 1 } });
    expect(events()).toHaveLength(imported);
  });

  it('counts without a tracker, if nothing is to be imported', async () => {
    expect(await importEvents([platformLines(10)], { dryRun: true })).toMatchObject({
      ...{ imported: 10, backends: {}, names: { play_video: 5, problem_check: 5 } },
    });
  });

  it('runs the processors of every branch, and keeps the balance of the ledger', async () => {
    const { tracker, ledger, names } = await startTracking({
      processors: [(event: TrackingEvent) => (event.context['user_id'] === 3 ? null : undefined)],
      backends: {
        ...MEMORY,
        queued: backend(AsyncRoutingBackend, {}, { backends: { inner: backend(MemoryBackend) } }),
      },
    });
    const result = await importEvents([platformLines(10)], { tracker });
    expect(result.backends).toEqual({
      sink: { filtered: 1, delivered: 9 },
      queued: { filtered: 1, delivered: 9 },
    });
    expect(names('queued/inner')).toHaveLength(9);
    expectBalance(ledger);
  });

  it('waits for a slow destination instead of dropping, and gives it each event once', async () => {
    SlowStore.ids.clear();
    const delivery = { maxEvents: 300, batch: { maxEvents: 100 } };
    const { tracker, ledger } = await startTracking({ backends: { store: backend(SlowStore, {}, { delivery }) } });
    let most = 0;
    const result = await importEvents(chunksOf(platformLines(5000)), {
      tracker,
      onProgress: () => {
        most = Math.max(most, ledger.node('store')?.delivery?.pending ?? 0);
      },
    });
    expect(result).toMatchObject({ imported: 5000, settledLines: 5000, backends: { store: { delivered: 5000 } } });
    expect([...SlowStore.ids.values()].every((times) => times === 1)).toBe(true);
    expect(SlowStore.ids.size).toBe(5000);
    expect(most).toBeLessThan(450); // the limit, and one piece of the log
    expectBalance(ledger);
  });

  it('writes every event to a log, however small its buffer is', async () => {
    const folder = new LogFolder();
    const options = { path: folder.file(), maxHeldBytes: 200_000 };
    const { app, tracker } = await startTracking({ backends: { log: backend(LoggerBackend, options) } });
    const result = await importEvents([platformLines(5000)], { tracker });
    expect(folder.events()).toHaveLength(5000);
    expect(result.backends).toEqual({ log: { delivered: 5000 } });
    await app.close();
    // What it wrote can be imported again, with the same ids.
    const { tracker: other, events } = await startTracking({ backends: MEMORY });
    await importEvents([folder.text()], { tracker: other });
    expect(events().map(({ id }) => id)).toEqual(folder.events().map(({ id }) => id));
  });

  it('continues behind the lines that were settled', async () => {
    const { tracker, events } = await startTracking({ backends: MEMORY });
    const result = await importEvents([platformLines(10)], { tracker, skipLines: 6 });
    expect(result).toMatchObject({ lines: 10, events: 4, imported: 4, settledLines: 10 });
    expect(events().map(({ context }) => context['user_id'])).toEqual([6, 7, 8, 9]);
  });

  it('ends when its signal is aborted', async () => {
    const { tracker } = await startTracking({ backends: MEMORY });
    const ending = new AbortController();
    const onProgress = (): void => {
      ending.abort(new Error('enough'));
    };
    const all = importEvents(chunksOf(platformLines(5000)), { tracker, signal: ending.signal, onProgress });
    await expect(all).rejects.toThrow('enough');
  });

  it('says which lines are not settled if the application closes meanwhile', async () => {
    SlowStore.ids.clear();
    const { app, tracker } = await startTracking({
      ...{
        backends: { store: backend(SlowStore, {}, { delivery: { batch: { maxEvents: 10 } } }) },
        shutdownTimeoutMs: 0,
      },
    });
    let closed: Promise<void> | undefined;
    const result = await importEvents(chunksOf(platformLines(3000)), {
      tracker,
      onProgress: () => {
        closed ??= app.close();
      },
    });
    await closed;
    expect(result.settledLines).toBeLessThan(result.lines);
    expect(result.settledLines).toBeLessThanOrEqual(SlowStore.ids.size);
  });

  it('refuses a tracker that would not pass anything on, and options that it does not know', async () => {
    const built = await buildTracking();
    await expect(importEvents([], { tracker: built.tracker })).rejects.toThrow('has not started');
    const off = await startTracking({ enabled: false });
    await expect(importEvents([], { tracker: off.tracker })).rejects.toThrow('is switched off');
    await expect(importEvents([], {})).rejects.toThrow('tracker is missing');
    await expect(importEvents([], { dryRun: true, course: 'x' } as object)).rejects.toThrow('unknown option');
  });

  it('waits for a destination that is down without asking it over and over', async () => {
    const delivery = { retry: { minDelayMs: 50, maxDelayMs: 100 } };
    const { tracker } = await startTracking({ backends: { late: backend(LateStore, undefined, { delivery }) } });
    const flush = jest.spyOn(runtimeOf(tracker).tree, 'flush');
    await importEvents([platformLines(3)], { tracker });
    expect(LateStore.ids).toHaveLength(3);
    expect(flush.mock.calls.length).toBeLessThan(10);
  });
});

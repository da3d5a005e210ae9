import { PassThrough, Writable } from 'node:stream';
import type { EventRow, OutcomeState, StreamMessage } from '../../src/explorer/api';
import { EventFilter } from '../../src/explorer/event-filter';
import { LiveFeed, MAX_WATCHERS } from '../../src/explorer/live/live-feed';
import { Watcher, type LiveRow } from '../../src/explorer/live/watcher';

const live = (id: string, name = 'e'): LiveRow => {
  const row: EventRow = {
    ...{ seq: 1, id, process: 'p', tracker: 'default', name, time: '', bytes: 1, outcomes: [], violations: 0 },
  };
  const event = { id, name, timestamp: '', context: {}, data: {} };
  return { row, subject: { ...row, actor: undefined, event } };
};

const settled = (id: string, state: OutcomeState): LiveRow => {
  const { row, subject } = live(id);
  const outcomes = [{ path: 'a', state }];
  return { row: { ...row, outcomes }, subject: { ...subject, outcomes } };
};

const skipped = () => 0;
const numbers = () => ({ seen: 0, kept: 5, deadLetters: 3, violations: 2 });

/** Messages that a browser has received. */
function received(stream: PassThrough): StreamMessage[] {
  const text = String(stream.read() ?? '');
  return text
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each.replace(/^event: \w+\ndata: /, '')) as StreamMessage);
}

/** A browser that reads nothing. */
const stuck = (): Writable => new Writable({ write: () => undefined });

describe('Watcher', () => {
  it('sends the rows that its filter matches, together', () => {
    const stream = new PassThrough();
    const watcher = new Watcher(stream, EventFilter.read('name:wanted'), 'default');
    for (const each of [live('1', 'wanted'), live('2'), live('3', 'wanted')]) watcher.add(each);
    expect(watcher.flush(0)).toBe(true);
    expect(received(stream)).toMatchObject([{ type: 'rows', of: 2, rows: [{ id: '1' }, { id: '3' }] }]);
    watcher.flush(1);
    expect(received(stream)).toEqual([]);
  });

  it('sends the newest hundred rows of a burst, and says how many there were', () => {
    const stream = new PassThrough({ highWaterMark: 1e6 });
    const watcher = new Watcher(stream, EventFilter.read(''), 'default');
    for (let at = 0; at < 5000; at++) watcher.add(live(String(at)));
    watcher.flush(0);
    const rows = Array.from({ length: 100 }, (_, at) => ({ id: String(4900 + at) }));
    expect(received(stream)).toMatchObject([{ type: 'rows', of: 5000, rows }]);
  });

  it('sends later outcomes of the events that its filter matches, and of no others', () => {
    const stream = new PassThrough();
    const watcher = new Watcher(stream, EventFilter.read('-id:other'), 'default');
    watcher.add(live('1'));
    watcher.change(settled('1', 'queued'));
    watcher.flush(0);
    received(stream);
    // The page may have loaded event 2 with the list.
    for (const id of ['1', '2', 'other'])
      for (const state of ['queued', 'delivered'] as const) watcher.change(settled(id, state));
    watcher.flush(1);
    expect(received(stream)).toEqual([
      {
        type: 'outcomes',
        outcomes: ['1', '2'].map((id) => ({ id, outcomes: [{ path: 'a', state: 'delivered' }] })),
      },
    ]);
  });

  it('counts the events that nobody followed, if it is known that its filter matches them', () => {
    for (const [filter, of] of [
      ['', 41],
      ['name:e', 1],
    ] as const) {
      const stream = new PassThrough();
      const watcher = new Watcher(stream, EventFilter.read(filter), 'default', 10);
      watcher.add(live('1'));
      watcher.skip(30);
      watcher.skip(50);
      watcher.flush(0);
      expect(received(stream)).toMatchObject([{ type: 'rows', of }]);
    }
  });

  it('sends the row of an event that begins to match, once', () => {
    const stream = new PassThrough();
    const watcher = new Watcher(stream, EventFilter.read('state:dead'), 'default');
    watcher.add(live('1'));
    watcher.change(settled('1', 'queued'));
    watcher.flush(0);
    expect(received(stream)).toEqual([]);
    watcher.change(settled('1', 'dead'));
    watcher.change(settled('1', 'dead'));
    watcher.flush(1);
    expect(received(stream)).toMatchObject([{ type: 'rows', of: 1, rows: [{ id: '1' }] }, { type: 'outcomes' }]);
    watcher.change(settled('1', 'delivered'));
    watcher.flush(2);
    expect(received(stream)).toMatchObject([{ type: 'outcomes', outcomes: [{ id: '1' }] }]);
  });

  it('holds a bounded number of bytes for a browser that reads nothing, and gives it up', () => {
    const stream = stuck();
    const watcher = new Watcher(stream, EventFilter.read(''), 'default');
    let isKept = true;
    let now = 0;
    for (; isKept && now < 600_000; now += 200) {
      for (let at = 0; at < 1000; at++) watcher.add(live(`${String(now)} ${String(at)}`, 'long'.repeat(100)));
      isKept = watcher.flush(now);
      expect(stream.writableLength).toBeLessThan(1_200_000);
    }
    expect(isKept).toBe(false);
    expect(now).toBeLessThan(30_000);
  });
});

describe('LiveFeed', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance', 'nextTick'] }));
  afterEach(() => jest.useRealTimers());

  it('looks for new events once a second without browsers, and five times with one', () => {
    const refresh = jest.fn();
    const feed = new LiveFeed({ refresh, numbers, skipped });
    feed.start();
    jest.advanceTimersByTime(3000);
    expect(refresh).toHaveBeenCalledTimes(3);
    feed.connect(new Watcher(new PassThrough(), EventFilter.read(''), 'default'));
    jest.advanceTimersByTime(1000);
    expect(refresh).toHaveBeenCalledTimes(8);
    feed.close();
    jest.advanceTimersByTime(5000);
    expect(refresh).toHaveBeenCalledTimes(8);
  });

  it('passes events to every browser, until it leaves', () => {
    const feed = new LiveFeed({ refresh: () => undefined, numbers, skipped });
    const streams = [new PassThrough(), new PassThrough()];
    const [leave] = streams.map((stream) => feed.connect(new Watcher(stream, EventFilter.read(''), 'default')));
    feed.add(live('1'));
    leave?.();
    feed.add(live('2'));
    jest.advanceTimersByTime(200);
    expect(feed.watching).toBe(1);
    const rate = { type: 'rate', perSecond: 0, watchers: 1, kept: 5, deadLetters: 3, violations: 2 };
    expect(received(streams[0] as PassThrough)).toEqual([rate]);
    expect(received(streams[1] as PassThrough)).toMatchObject([
      { ...rate, watchers: 2 },
      { type: 'rows', of: 2 },
    ]);
    feed.close();
  });

  it('refuses more browsers than it can serve, and any after its end', () => {
    const feed = new LiveFeed({ refresh: () => undefined, numbers, skipped });
    const connect = () => feed.connect(new Watcher(new PassThrough(), EventFilter.read(''), 'default'));
    for (let at = 0; at < MAX_WATCHERS; at++) expect(connect()).toBeDefined();
    expect(connect()).toBeUndefined();
    feed.close();
    expect(connect()).toBeUndefined();
  });

  it('ends every stream when it closes', () => {
    const feed = new LiveFeed({ refresh: () => undefined, numbers, skipped });
    const stream = new PassThrough();
    feed.connect(new Watcher(stream, EventFilter.read(''), 'default'));
    feed.close();
    expect(stream.writableEnded).toBe(true);
  });
});

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisChannel } from '../../src/explorer/shared/redis-channel';
import type { EventDetail, EventRow, ProcessInfo } from '../../src/explorer/api';
import type { LiveRow } from '../../src/explorer/live/watcher';
import { SharedExplorer, TIMES, type SharedHost } from '../../src/explorer/shared/shared-explorer';
import type { ExplorerChannel } from '../../src/explorer/shared/explorer-channel';
import { describeWithServices } from '../support/services';
import { closeLater } from '../support/start-tracking';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';

/** Short times, so that a lease that ends need not be waited for. */
const QUICK = { ...TIMES, flushMs: 10, beatMs: 40, leaseMs: 200, joinMs: 100, answerMs: 300 };
const LIMITS = { maxEvents: 50, maxBytes: 1_000_000 };

function closeRedis(redis: Redis): void {
  closeLater({
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  });
}

function liveRow(process: string, id: string, data: Record<string, unknown> = {}): LiveRow {
  const time = new Date().toISOString();
  const row: EventRow = {
    ...{ seq: 1, id, process, tracker: 'default', name: 'lesson_opened', time },
    ...{ bytes: JSON.stringify(data).length, outcomes: [], violations: 0 },
  };
  const event = { id, name: row.name, timestamp: time, context: {}, data };
  return { row, subject: { ...row, actor: undefined, event } };
}

/** One process without an application: what its explorer would be asked, and what it gets. */
class Member implements SharedHost {
  readonly process: ProcessInfo;
  readonly shared: SharedExplorer;
  readonly kept: LiveRow[] = [];
  readonly got: { readonly live: LiveRow; readonly weight: number }[] = [];
  readonly changes: LiveRow[] = [];
  watches = false;
  refreshed = 0;
  detailOf = (id: string): EventDetail | undefined => {
    const live = this.kept.find(({ row }) => row.id === id);
    return live && ({ ...live.row, event: live.subject.event } as unknown as EventDetail);
  };

  constructor(channel: ExplorerChannel, id: string, limits = LIMITS) {
    this.process = { id, host: 'h', pid: 1, node: 'v24', startedAt: new Date().toISOString() };
    this.shared = new SharedExplorer(channel, this, limits, QUICK);
    this.shared.open();
    closeLater({ close: () => this.shared.close() });
  }

  isWatching(): boolean {
    return this.watches;
  }

  refresh(): void {
    this.refreshed++;
  }

  newest(limit: number): readonly LiveRow[] {
    return this.kept.slice(-limit);
  }

  detail(_tracker: string, id: string): EventDetail | undefined {
    return this.detailOf(id);
  }

  added(live: LiveRow, weight: number): void {
    this.got.push({ live, weight });
  }

  changed(live: LiveRow): void {
    this.changes.push(live);
  }

  stateChanged(): void {}

  emit(data?: Record<string, unknown>): string {
    const live = liveRow(this.process.id, randomUUID(), data);
    this.kept.push(live);
    this.shared.add(live);
    return live.row.id;
  }

  async watch(): Promise<void> {
    this.watches = true;
    await this.shared.look();
  }

  get ids(): string[] {
    return this.got.map(({ live }) => live.row.id);
  }
}

describeWithServices(['redis', 'toxiproxy'], 'Explorers that share a redisChannel', (urls) => {
  const prefix = (): string => `test-${randomUUID()}`;
  const pair = (): [Member, Member] => {
    const channel = redisChannel(urls.redis, { prefix: prefix() });
    return [new Member(channel, 'a'), new Member(channel, 'b')];
  };
  /** Both have heard of each other's looks. */
  const whenSending = (member: Member): Promise<void> => until(() => member.shared.isSending);

  it('shows the event of another process once it is watched, and its outcomes', async () => {
    const [a, b] = pair();
    await a.watch();
    await whenSending(b);
    const id = b.emit({ course: 7 });
    await until(() => a.ids.includes(id));
    expect(a.got[0]?.live.row).toMatchObject({ process: 'b', name: 'lesson_opened' });
    expect(a.got[0]?.live.subject.event.data).toEqual({ course: 7 });
    expect(a.shared.rows('default').map(({ row }) => row.id)).toEqual([id]);
    expect(a.shared.rows('other')).toEqual([]);
    expect(a.shared.processes().map((each) => each.id)).toEqual(['a', 'b']);
    const live = liveRow('b', id);
    b.shared.change({ ...live, row: { ...live.row, outcomes: [{ path: 'lrs', state: 'dead', reason: 'r' }] } });
    await until(() => a.changes.length > 0);
    expect(a.changes[0]?.subject.outcomes).toEqual([{ path: 'lrs', state: 'dead', reason: 'r' }]);
    expect(b.got).toEqual([]);
  });

  it('sends nothing while nobody watches, and stops when nobody does any more', async () => {
    const channel = redisChannel(urls.redis, { prefix: prefix() });
    const redis = new Redis(urls.redis);
    closeRedis(redis);
    const topics: string[] = [];
    await redis.psubscribe('test-*');
    const mine = new Member(channel, 'b');
    redis.on('pmessage', (_pattern, topic: string, text: string) => {
      if (text.includes('"b"')) topics.push(topic);
    });
    mine.emit();
    const a = new Member(channel, 'a');
    await a.watch();
    await whenSending(mine);
    await until(() => topics.length > 0);
    expect(topics[0]).toMatch(/:to\./); // the newest rows, to the one who has begun to watch
    a.watches = false;
    await until(() => !mine.shared.isSending);
    const sent = topics.length;
    const unseen = mine.emit();
    const again = new Member(channel, 'c');
    await again.watch();
    await whenSending(mine);
    await until(() => topics.length > sent);
    expect(topics[sent]).toMatch(/:to\./);
    await until(() => again.shared.rows('default').some(({ row }) => row.id === unseen));
    expect(a.shared.rows('default')).toEqual([]);
    expect(a.shared.processes().map((each) => each.id)).toEqual(['a']);
  });

  it('lists the newest events of the others when somebody begins to look', async () => {
    const channel = redisChannel(urls.redis, { prefix: prefix() });
    const [a, b, c] = [new Member(channel, 'a'), new Member(channel, 'b'), new Member(channel, 'c')];
    const ids = [b.emit(), b.emit(), b.emit()];
    await c.watch();
    await whenSending(b);
    await whenSending(a);
    await a.watch();
    const rows = a.shared.rows('default');
    expect(rows.map(({ row }) => row.id).sort()).toEqual([...ids].sort());
    expect(a.got).toEqual([]);
  });

  it('says of how many events it shows one, and bounds what a message and the memory hold', async () => {
    const channel = redisChannel(urls.redis, { prefix: prefix() });
    const a = new Member(channel, 'a', { maxEvents: 20, maxBytes: 1_000_000 });
    const b = new Member(channel, 'b');
    await a.watch();
    await whenSending(b);
    for (let n = 0; n < 1000; n++) b.emit({ n });
    await until(() => a.got.length >= 100);
    const total = a.got.reduce((sum, { weight }) => sum + weight, 0);
    expect(Math.round(total)).toBe(1000);
    expect(a.got.length).toBeLessThanOrEqual(200);
    expect(a.shared.rows('default')).toHaveLength(20);
    expect(a.shared.evicted).toBe(a.got.length - 20);
    const big = b.emit({ text: 'x'.repeat(50_000) });
    await until(() => a.ids.includes(big));
    expect(a.got.at(-1)?.live.subject.event.data).toEqual({});
  });

  it('asks the process of an event for its details', async () => {
    const [a, b] = pair();
    await a.watch();
    await whenSending(b);
    const id = b.emit({ course: 7 });
    await until(() => a.ids.includes(id));
    expect(await a.shared.find('default', id)).toMatchObject({
      kind: 'found',
      detail: { id, event: { data: { course: 7 } } },
    });
    expect(await a.shared.find('default', 'unknown')).toBeUndefined();
    b.detailOf = () => undefined;
    expect(await a.shared.find('default', id)).toEqual({ kind: 'forgotten', process: 'b' });
    b.detailOf = () => ({ ...liveRow('b', id).row, event: { data: 'x'.repeat(2_000_000) } }) as never;
    expect(await a.shared.find('default', id)).toEqual({ kind: 'too-large', process: 'b' });
    b.detailOf = () => ({ ...liveRow('b', 'another').row, event: {} }) as never;
    expect(await a.shared.find('default', id)).toEqual({ kind: 'forgotten', process: 'b' });
  });

  it('says at once that the process of an event has ended', async () => {
    const [a, b] = pair();
    await a.watch();
    await whenSending(b);
    const id = b.emit();
    await until(() => a.ids.includes(id));
    await b.shared.close();
    await until(() => a.shared.processes().length === 1);
    expect(await a.shared.find('default', id)).toEqual({ kind: 'ended', process: 'b' });
  });

  it('ignores messages that are broken, of another version or of no known kind', async () => {
    const name = prefix();
    const a = new Member(redisChannel(urls.redis, { prefix: name }), 'a');
    await a.watch();
    const redis = new Redis(urls.redis);
    closeRedis(redis);
    const process = { id: 'x', host: 'h', node: 'v24', startedAt: '' };
    const head = { form: 1, from: 'x', type: 'rows', process, of: 1, outcomes: [], isBacklog: false };
    const { row } = liveRow('x', 'id-1');
    const rows = [
      ...[null, 7, 'text', {}, { row: {} }, { row: { ...row, name: 5 } }, { row: { ...row, outcomes: [{}] } }],
      ...[{ row: { ...row, actor: {} } }, { row, event: [] }, { row, event: { context: {}, data: null } }],
    ];
    const texts = [
      ...['', '{', '[]', 'null', '1', '{"form":1}', '{"form":2,"from":"x","type":"gone"}', '{"form":1,"from":"x"}'],
      ...rows.map((each) => JSON.stringify({ ...head, rows: [each] })),
      ...[
        { ...head, process: undefined },
        { ...head, rows: {} },
        { ...head, outcomes: [{ id: 1 }] },
      ].map((each) => JSON.stringify(each)),
      JSON.stringify({ ...head, rows: [{ row }], pad: 'x'.repeat(2_000_000) }),
    ];
    await until(async () => (await redis.publish(`${name}:rows`, '')) > 0);
    for (const text of texts) await redis.publish(`${name}:rows`, text);
    const { row: good } = liveRow('x', 'id-2');
    await redis.publish(`${name}:rows`, JSON.stringify({ ...head, rows: [{ row: good }] }));
    await until(() => a.got.length > 0);
    expect(a.ids).toEqual(['id-2']);
  });

  it('says that Redis is away, loses no call by it, and goes on when it is back', async () => {
    const way = await FaultyWay.to(urls.toxiproxy, urls.redis);
    const name = prefix();
    const a = new Member(redisChannel(way.url, { prefix: name }), 'a');
    const b = new Member(redisChannel(urls.redis, { prefix: name }), 'b');
    await a.watch();
    await whenSending(b);
    const first = b.emit();
    await until(() => a.ids.includes(first));
    await way.disable();
    await until(() => a.shared.problem !== undefined);
    expect(a.shared.problem?.message).toMatch(/^Redis cannot be reached \(.+\)\.$/);
    expect(a.shared.problem?.fix).toBe(
      'See that the Redis of redisChannel() runs, and check its address and password.',
    );
    for (let n = 0; n < 100; n++) a.emit();
    const from = performance.now();
    await a.shared.look();
    expect(await a.shared.find('default', first)).toEqual({ kind: 'away', process: 'b' });
    expect(performance.now() - from).toBeLessThan(2000); // 5 s if it waited for an answer
    await until(() => !b.shared.isSending);
    const missed = b.emit();
    await way.enable();
    await until(() => a.shared.problem === undefined);
    await until(() => a.ids.includes(missed));
    expect(a.shared.processes().map((each) => each.id)).toEqual(['a', 'b']);
    await a.shared.close();
    await way.delete();
  });

  it('connects again after CLIENT KILL', async () => {
    const [a, b] = pair();
    await a.watch();
    await whenSending(b);
    const redis = new Redis(urls.redis);
    closeRedis(redis);
    for (const line of ((await redis.client('LIST')) as string).split('\n')) {
      const id = /^id=(\d+) /.exec(line)?.[1];
      if (id !== undefined && line.includes(' cmd=subscribe ')) await redis.client('KILL', 'ID', id);
    }
    await until(() => a.shared.problem !== undefined || b.shared.problem !== undefined);
    await until(() => a.shared.problem === undefined && b.shared.problem === undefined);
    const id = b.emit();
    await until(() => {
      if (!b.shared.isSending) return false;
      b.shared.add(liveRow('b', randomUUID()));
      return a.got.length > 0;
    });
    await until(() => a.ids.includes(id) || a.shared.rows('default').some(({ row }) => row.id === id));
  });

  it('closes at once while Redis cannot be reached, and without Redis at all', async () => {
    const a = new Member(redisChannel('redis://127.0.0.1:1'), 'a');
    await a.watch();
    await until(() => a.shared.problem !== undefined);
    const from = performance.now();
    await a.shared.close();
    expect(performance.now() - from).toBeLessThan(1500);
  });
});

describe('redisChannel', () => {
  it.each([
    ['http://localhost', 'url'],
    ['', 'url'],
    [7, 'url'],
  ] as [unknown, string][])('refuses %p', (url) => {
    expect(() => redisChannel(url as string)).toThrow(/redisChannel\(\)[\s\S]*Fix:/);
  });

  it('shows no password in its error', () => {
    expect(() => redisChannel('http://user:secret@localhost')).toThrow(/^(?!.*secret)/s);
  });
});

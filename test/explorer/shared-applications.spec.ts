import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { redisChannel } from '../../src/entries/explorer';
import type { ApiError, EventDetail, EventPage, ExplorerInfo, StreamMessage, WaitAnswer } from '../../src/explorer/api';
import { describeWithServices } from '../support/services';
import { closeLater } from '../support/start-tracking';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';
import { readStream, startExplorer, type ExplorerRun } from './start-explorer';

const swc = join(__dirname, '../../scripts/swc-register.cjs');

/** Another process of the application. */
class OtherApplication {
  private constructor(private readonly child: ChildProcessWithoutNullStreams) {}

  static async start(url: string, prefix: string): Promise<OtherApplication> {
    const script = join(__dirname, 'shared.child.ts');
    const child = spawn(process.execPath, ['-r', swc, script, url, prefix], {
      env: { ...process.env, NODE_ENV: 'test' },
    });
    child.stderr.resume();
    closeLater({
      close: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    });
    await once(child.stdout, 'data');
    return new OtherApplication(child);
  }

  get id(): string {
    return `:${String(this.child.pid)}`;
  }

  async emit(name: string): Promise<void> {
    this.child.stdin.write(`${name}\n`);
    await once(this.child.stdout, 'data');
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await once(this.child, 'exit');
  }
}

async function rowsOf({ get }: ExplorerRun, filter = ''): Promise<EventPage['rows']> {
  return (await get<EventPage>(`api/events?filter=${encodeURIComponent(filter)}`)).rows;
}

describeWithServices(['redis', 'toxiproxy'], 'Two applications with a shared channel', (urls) => {
  const start = async (url = urls.redis): Promise<{ own: ExplorerRun; other: OtherApplication }> => {
    const prefix = `test-${randomUUID()}`;
    const other = await OtherApplication.start(urls.redis, prefix);
    const own = await startExplorer({ explorer: { shared: redisChannel(url, { prefix }) } });
    // The channel may be connected only now.
    await until(async () => {
      await rowsOf(own);
      return (await own.get<ExplorerInfo>('api/info')).processes.length === 2;
    });
    return { own, other };
  };

  it('lists, streams, filters and finds the events of both, redacted', async () => {
    const { own, other } = await start();
    own.tracker.emit('own_event');
    await other.emit('other_event');
    await until(async () => (await rowsOf(own)).length === 2);
    const rows = await rowsOf(own);
    expect(rows.map(({ name }) => name)).toEqual(['other_event', 'own_event']);
    const [theirs] = rows;
    expect(theirs?.process).toMatch(new RegExp(`${other.id}$`));
    expect(theirs?.actor).toBe('7');
    const { process: mine, processes } = await own.get<ExplorerInfo>('api/info');
    expect(processes.map(({ id }) => id)).toEqual([mine.id, theirs?.process]);
    expect((await rowsOf(own, `process:${mine.id}`)).map(({ name }) => name)).toEqual(['own_event']);
    expect((await rowsOf(own, `process:*${other.id}`)).map(({ name }) => name)).toEqual(['other_event']);
    expect((await rowsOf(own, 'data.course=DemoX')).map(({ name }) => name)).toEqual(['other_event']);
    const page = await own.get<EventPage>(`api/events?limit=1&before=${theirs?.id ?? ''}`);
    expect(page.rows.map(({ name }) => name)).toEqual(['own_event']);

    const detail = await own.get<EventDetail>(`api/events/${theirs?.id ?? ''}`);
    expect(detail).toMatchObject({ name: 'other_event', process: theirs?.process });
    expect(detail.event.data).toEqual({ password: '[redacted]', course: 'DemoX' });
    expect(detail.context).toMatchObject([{ key: 'user_id', from: 'scope' }]);

    const messages = await readStream(
      `${own.url}/api/stream`,
      ({ type }) => type === 'rows',
      () => void other.emit('later_event'),
    );
    expect(messages).toContainEqual({ type: 'shared', processes });
    const streamed = messages.find((each): each is StreamMessage & { type: 'rows' } => each.type === 'rows');
    expect(streamed?.rows.map(({ name }) => name)).toEqual(['later_event']);
    const waited = await Promise.all([
      own.get<WaitAnswer>('api/wait?name=awaited_event&timeoutMs=10000'),
      other.emit('awaited_event'),
    ]);
    expect(waited[0].event).toMatchObject({ name: 'awaited_event', process: theirs?.process });
  });

  it('says that the process of an event has ended, after a kill and after a close', async () => {
    const { own, other } = await start();
    await other.emit('other_event');
    await until(async () => (await rowsOf(own)).length === 1);
    const [row] = await rowsOf(own);
    await other.close();
    await until(async () => (await own.get<ExplorerInfo>('api/info')).processes.length === 1);
    const response = await fetch(`${own.url}/api/events/${row?.id ?? ''}`);
    expect(response.status).toBe(410);
    expect(await response.json()).toEqual({
      ...{ statusCode: 410, message: `The process ${row?.process ?? ''} of the event has ended.` },
      fix: 'Look into a destination.',
    });
    expect((await rowsOf(own)).map(({ name }) => name)).toEqual(['other_event']);
  });

  it('answers in two seconds for a process that was killed, and lists its events for the time being', async () => {
    const { own, other } = await start();
    await other.emit('other_event');
    await until(async () => (await rowsOf(own)).length === 1);
    const [row] = await rowsOf(own);
    await other.kill();
    const response = await fetch(`${own.url}/api/events/${row?.id ?? ''}`);
    expect([410, 504]).toContain(response.status);
    expect(((await response.json()) as ApiError).message).toContain(row?.process);
    await until(async () => {
      await rowsOf(own);
      return (await own.get<ExplorerInfo>('api/info')).processes.length === 1;
    });
    expect((await fetch(`${own.url}/api/events/${row?.id ?? ''}`)).status).toBe(410);
  });

  it('shows its own events and says so while Redis is away, and emit notices nothing', async () => {
    const way = await FaultyWay.to(urls.toxiproxy, urls.redis);
    const { own, other } = await start(way.url);
    await other.emit('other_event');
    await until(async () => (await rowsOf(own)).length === 1);
    const [row] = await rowsOf(own);
    const messages = await readStream(
      `${own.url}/api/stream`,
      (message) => message.type === 'shared' && message.problem !== undefined,
      () => void way.disable(),
    );
    expect(messages.at(-1)).toMatchObject({
      type: 'shared',
      problem: { fix: 'See that the Redis of redisChannel() runs, and check its address and password.' },
    });
    const from = performance.now();
    for (let n = 0; n < 200; n++) own.tracker.emit('own_event', { n });
    expect(performance.now() - from).toBeLessThan(2000);
    expect((await rowsOf(own, 'name:own_event')).length).toBe(100);
    expect((await fetch(`${own.url}/api/events/${row?.id ?? ''}`)).status).toBe(503);
    await way.enable();
    await other.emit('after_the_outage');
    await until(async () => (await rowsOf(own, 'name:after_the_outage')).length === 1);
    await own.app.close();
    await way.delete();
  });

  it('shows each process alone without a channel', async () => {
    const own = await startExplorer();
    own.tracker.emit('own_event');
    const messages = await readStream(`${own.url}/api/stream`, ({ type }) => type === 'rate');
    expect(messages.map(({ type }) => type)).toEqual(['hello', 'rate']);
    expect((await own.get<ExplorerInfo>('api/info')).processes).toHaveLength(1);
    expect((await rowsOf(own)).map(({ name }) => name)).toEqual(['own_event']);
  });
});

import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describeWithServices } from './services';
import { FaultyWay } from './toxiproxy';

/** A connection to Redis that sends PING and shows what comes back. */
class Pinger {
  readonly pieces: string[] = [];
  /** What ended it: the code of an error, or `closed`. */
  ended: string | undefined;
  private readonly socket: Socket;
  private readonly changes = new EventEmitter();

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    open.push(this.socket);
    this.socket.setEncoding('latin1').on('data', (piece: string) => {
      this.pieces.push(piece);
      this.changes.emit('change');
    });
    this.socket.once('error', (error: NodeJS.ErrnoException) => (this.ended = error.code));
    this.socket.once('close', () => {
      this.ended ??= 'closed';
      this.changes.emit('change');
    });
  }

  get heard(): string {
    return this.pieces.join('');
  }

  /**
   * Sends PING; resolves with what came back since, once the answer is whole or the connection
   * ended.
   */
  async ping(): Promise<string> {
    const before = this.heard.length;
    this.socket.write('PING\r\n');
    while (!this.heard.slice(before).endsWith('\n') && this.ended === undefined) await this.change();
    return this.heard.slice(before);
  }

  async end(): Promise<string | undefined> {
    while (this.ended === undefined) await this.change();
    return this.ended;
  }

  private async change(): Promise<void> {
    await once(this.changes, 'change');
  }
}

const open: Socket[] = [];
const whole = '+PONG\r\n';

describeWithServices(['redis', 'toxiproxy'], 'A FaultyWay to Redis', ({ redis, toxiproxy }) => {
  const ways: FaultyWay[] = [];
  const way = async (): Promise<FaultyWay> => {
    const made = await FaultyWay.to(toxiproxy, redis);
    ways.push(made);
    return made;
  };

  afterEach(async () => {
    for (const socket of open.splice(0)) socket.destroy();
    for (const made of ways.splice(0)) await made.delete();
  });

  it('lets everything through, at a port of its own', async () => {
    const [one, two] = [await way(), await way()];
    expect(new Set([redis, one.url, two.url]).size).toBe(3);
    expect(await new Pinger(one.url).ping()).toBe(whole);
    expect(await new Pinger(two.url).ping()).toBe(whole);
  });

  it('keeps the rest of the URL', async () => {
    const asked = redis.replace(/\/\/(?:[^@/]*@)?([^/]*).*/, '//ann:secret@$1/3?family=4');
    const made = await FaultyWay.to(toxiproxy, asked);
    ways.push(made);
    expect(made.url).toMatch(/^redis:\/\/ann:secret@127\.0\.0\.1:\d+\/3\?family=4$/);
  });

  it('says what is wrong with a URL that names no port', async () => {
    await expect(FaultyWay.to('http://127.0.0.1:1', 'redis://localhost')).rejects.toThrow('names no host with a port');
  });

  it('is late by the latency, on open connections too, until it is taken away', async () => {
    const made = await way();
    const pinger = new Pinger(made.url);
    await pinger.ping();
    const takeAway = await made.add({ type: 'latency', latencyMs: 1000 });
    const from = performance.now();
    expect(await pinger.ping()).toBe(whole);
    expect(performance.now() - from).toBeGreaterThan(990);
    await takeAway();
    const again = performance.now();
    expect(await pinger.ping()).toBe(whole);
    expect(performance.now() - again).toBeLessThan(990);
  });

  it('stalls: no answer, and no end, until it is taken away', async () => {
    const made = await way();
    const pinger = new Pinger(made.url);
    await pinger.ping();
    const takeAway = await made.add({ type: 'stall' });
    expect(await Promise.race([pinger.ping(), pinger.end(), wait(300, 'silence')])).toBe('silence');
    await takeAway();
    expect(await new Pinger(made.url).ping()).toBe(whole);
  });

  it('closes the connection without an answer after a timeout', async () => {
    const made = await way();
    await made.add({ type: 'timeout', timeoutMs: 20 });
    const pinger = new Pinger(made.url);
    expect(await pinger.ping()).toBe('');
    expect(pinger.ended).toBe('closed');
  });

  it('resets the connection', async () => {
    const made = await way();
    await made.add({ type: 'reset_peer', timeoutMs: 0 });
    const pinger = new Pinger(made.url);
    expect(await pinger.ping()).toBe('');
    expect(pinger.ended).toBe('ECONNRESET');
  });

  it('closes the connection after so many bytes', async () => {
    const made = await way();
    await made.add({ type: 'limit_data', bytes: 3 });
    const pinger = new Pinger(made.url);
    await pinger.ping();
    expect(await pinger.end()).toBe('closed');
    expect(pinger.heard).toBe('+PO');
  });

  it('sends an answer in slices', async () => {
    const made = await way();
    await made.add({ type: 'slicer', averageBytes: 1, delayUs: 20_000 });
    const pinger = new Pinger(made.url);
    expect(await pinger.ping()).toBe(whole);
    expect(pinger.pieces.length).toBeGreaterThan(1);
  });

  it('troubles only the direction it is told to', async () => {
    const made = await way();
    await made.add({ type: 'limit_data', bytes: 3 }, 'upstream');
    const pinger = new Pinger(made.url);
    await pinger.ping();
    expect(pinger.heard).toBe('');
  });

  it('cuts what is open and refuses what is new while it is disabled, and is back at the same URL', async () => {
    const made = await way();
    const pinger = new Pinger(made.url);
    await pinger.ping();
    await made.disable();
    expect(await pinger.end()).toBe('closed');
    expect(await new Pinger(made.url).end()).toBe('ECONNREFUSED');
    await made.enable();
    expect(await new Pinger(made.url).ping()).toBe(whole);
  });

  it('leads nowhere once it is deleted', async () => {
    const made = await FaultyWay.to(toxiproxy, redis);
    await made.delete();
    expect(await new Pinger(made.url).end()).toBe('ECONNREFUSED');
  });
});

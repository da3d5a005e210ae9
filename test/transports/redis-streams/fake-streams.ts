import type { ConsumedMessage } from '../../../src/intake/event-consumer';
import type { StreamLink } from '../../../src/transports/redis-streams/redis-link';
import {
  resolveConsumerOptions,
  type RedisStreamsConsumerOptions,
  type ResolvedOptions,
} from '../../../src/transports/redis-streams/redis-streams-consumer-options';

interface Pending {
  consumer: string;
  deliveries: number;
  /** Fake time of the last delivery. */
  since: number;
}

interface Group {
  lastIndex: number;
  readonly pending: Map<string, Pending>;
}

type Reply = (args: readonly string[]) => unknown;

/** The part of a Redis with streams that a reader uses, in memory. Time passes only by `pass`. */
export class FakeStreams {
  readonly entries: { readonly id: string; readonly fields: readonly Buffer[] }[] = [];
  readonly groups = new Map<string, Group>();
  readonly commands: string[] = [];
  readonly consumers = new Set<string>();
  /** Lag and number of missed entries that the next scripts return. */
  positions: [lag: number, missed: number][] = [];
  /** Errors of the next commands, by name. */
  readonly failures = new Map<string, Error[]>();
  private now = 0;
  private readonly wakers = new Set<() => void>();

  /** Adds entries `1-0`, `2-0` and so on. */
  add(count: number): void {
    for (let at = 0; at < count; at++) {
      const id = `${String(this.entries.length + 1)}-0`;
      this.entries.push({ id, fields: [Buffer.from('type'), Buffer.from(id)] });
    }
    for (const wake of [...this.wakers]) wake();
  }

  /** Gives the first entries to a consumer that never finishes them. */
  giveTo(consumer: string, count: number, deliveries = 1, group = 'group'): void {
    const known = this.groupOf(group);
    for (const { id } of this.entries.slice(0, count)) known.pending.set(id, { consumer, deliveries, since: this.now });
    known.lastIndex = Math.max(known.lastIndex, count);
  }

  pass(ms: number): void {
    this.now += ms;
  }

  fail(command: string, ...errors: Error[]): void {
    this.failures.set(command, [...(this.failures.get(command) ?? []), ...errors]);
  }

  pendingOf(group = 'group'): Record<string, string> {
    const { pending } = this.groupOf(group);
    return Object.fromEntries([...pending].map(([id, { consumer, deliveries }]) => [id, `${consumer} ${deliveries}`]));
  }

  async run(command: string, args: readonly string[], isClosed: () => boolean): Promise<unknown> {
    this.commands.push([command, ...args].join(' '));
    const failure = this.failures.get(command)?.shift();
    if (failure !== undefined) throw failure;
    await Promise.resolve();
    if (command === 'XREADGROUP') return this.read(args, isClosed);
    const replies: Record<string, Reply> = {
      XGROUP: (given) => this.changeGroup(given),
      XPENDING: (given) => this.listPending(given),
      XCLAIM: (given) => this.claim(given),
      XACK: ([, group = '', ...ids]) => ids.filter((id) => this.groupOf(group).pending.delete(id)).length,
      XRANGE: ([, from]) => this.entries.filter(({ id }) => id === from).map(({ id }) => [id, []]),
      EVAL: () => this.positions.shift() ?? [0, 0],
    };
    return (replies[command] as Reply)(args);
  }

  private groupOf(name: string): Group {
    const known = this.groups.get(name);
    if (known === undefined) throw new Error(`NOGROUP No such consumer group '${name}'`);
    return known;
  }

  private changeGroup([what, , group = '', at = '']: readonly string[]): unknown {
    const index = at === '$' ? this.entries.length : 0;
    if (what === 'CREATE') {
      if (this.groups.has(group)) throw new Error('BUSYGROUP Consumer Group name already exists');
      this.groups.set(group, { lastIndex: index, pending: new Map() });
    } else if (what === 'SETID') this.groupOf(group).lastIndex = index;
    else this.consumers.delete(at);
    return 'OK';
  }

  private async read(args: readonly string[], isClosed: () => boolean): Promise<unknown> {
    const [, group = '', consumer = '', , count] = args;
    const key = args[args.indexOf('STREAMS') + 1] ?? '';
    this.consumers.add(consumer);
    for (;;) {
      if (isClosed()) throw new Error('Connection is closed.');
      const known = this.groupOf(group);
      const found = this.entries.slice(known.lastIndex, known.lastIndex + Number(count));
      if (found.length > 0) {
        known.lastIndex += found.length;
        for (const { id } of found) known.pending.set(id, { consumer, deliveries: 1, since: this.now });
        return [[Buffer.from(key), found.map(({ id, fields }) => [Buffer.from(id), fields])]];
      }
      await new Promise<void>((resolve) => {
        this.wakers.add(() => {
          resolve();
        });
      });
    }
  }

  /** Ends the waiting of all reads, as a lost connection does. */
  wake(): void {
    for (const wake of this.wakers) wake();
  }

  private listPending([, group = '', ...rest]: readonly string[]): unknown {
    const isIdle = rest[0] === 'IDLE';
    const idleMs = isIdle ? Number(rest[1]) : 0;
    const [from = '', to = '', count, consumer] = isIdle ? rest.slice(2) : rest;
    const at = (id: string): number => Number(id.replace('(', '').split('-')[0]);
    return [...this.groupOf(group).pending]
      .filter(([, each]) => consumer === undefined || each.consumer === consumer)
      .filter(([, each]) => this.now - each.since >= idleMs)
      .filter(([id]) => (from === '-' ? true : from.startsWith('(') ? at(id) > at(from) : at(id) >= at(from)))
      .filter(([id]) => to === '+' || at(id) <= at(to))
      .sort(([a], [b]) => at(a) - at(b))
      .slice(0, Number(count))
      .map(([id, each]) => [id, each.consumer, this.now - each.since, each.deliveries]);
  }

  private claim([, group = '', consumer = '', minIdleMs, ...rest]: readonly string[]): unknown {
    const { pending } = this.groupOf(group);
    const options = rest.findIndex((each) => !/^\d+-\d+$/.test(each));
    const ids = options < 0 ? rest : rest.slice(0, options);
    const valueOf = (name: string): number | undefined =>
      rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : undefined;
    const isQuiet = rest.includes('JUSTID');
    const claimed = ids.filter((id) => {
      const each = pending.get(id);
      return each !== undefined && this.now - each.since >= Number(minIdleMs);
    });
    for (const id of claimed) {
      const deliveries = (pending.get(id)?.deliveries ?? 0) + (isQuiet ? 0 : 1);
      pending.set(id, {
        ...{ consumer, deliveries: valueOf('RETRYCOUNT') ?? deliveries },
        since: this.now - (valueOf('IDLE') ?? 0),
      });
    }
    if (isQuiet) return claimed;
    const found = this.entries.filter(({ id }) => claimed.includes(id));
    return found.map(({ id, fields }) => [Buffer.from(id), fields]);
  }
}

/** A connection to FakeStreams. */
export class FakeLink implements StreamLink {
  isReady = true;
  isClosed = false;
  private readonly lost: (() => void)[] = [];
  private readonly ready: (() => void)[] = [];

  constructor(private readonly streams: FakeStreams) {}

  whenReady(): Promise<void> {
    return Promise.resolve();
  }

  call(_timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    return this.streams.run(command, args, () => this.isClosed);
  }

  callBuffer(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    return this.call(timeoutMs, command, ...args);
  }

  onReady(listener: () => void): void {
    this.ready.push(listener);
  }

  onLost(listener: () => void): void {
    this.lost.push(listener);
  }

  /** Loses the connection, and has it again at once. */
  drop(): void {
    for (const listener of this.lost) listener();
    for (const listener of this.ready) listener();
  }

  close(): void {
    this.isClosed = true;
    this.streams.wake();
  }
}

/** Options of a consumer named `me` of the group `group`, which reads the stream `s`. */
export function optionsOf(more: Partial<RedisStreamsConsumerOptions> = {}): ResolvedOptions {
  return resolveConsumerOptions({ url: 'redis://x', group: 'group', topic: 's', name: 'me', ...more });
}

/** An intake that keeps what it is given until the test finishes it. */
export class FakeIntake {
  readonly buried: string[] = [];
  readonly given: string[] = [];
  private readonly open = new Map<string, () => void>();

  take(entries: readonly ConsumedMessage[], onDone: (index: number) => void): Promise<void> {
    for (const [index, { position }] of entries.entries()) {
      const id = position.split(':')[1] ?? '';
      this.given.push(id);
      this.open.set(id, () => {
        onDone(index);
      });
    }
    return Promise.resolve();
  }

  bury(entry: ConsumedMessage, reason: string): void {
    this.buried.push(`${entry.position} ${reason}`);
  }

  finish(...ids: string[]): void {
    for (const id of ids) this.open.get(id)?.();
  }
}

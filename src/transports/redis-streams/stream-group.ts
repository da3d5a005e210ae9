import type { RedisLink } from './redis-link';
import { entriesOf, entriesOfStream, type StreamEntry, type StreamsReply } from './stream-entry';

/** Pending entries that are looked at in one command. */
export const PENDING_PAGE = 1000;

/** Redis has given it to a consumer, and has not heard that it is done. */
export interface PendingEntry {
  readonly id: string;
  /** How often it was given to a consumer. */
  readonly deliveries: number;
}

/** A pending entry with the consumer that has it. */
export interface OwnedEntry extends PendingEntry {
  readonly consumer: string;
  /** Milliseconds since it was given to the consumer or claimed for it. */
  readonly idleMs: number;
}

export interface GroupAddress {
  readonly group: string;
  /** Of this consumer, in the group. */
  readonly name: string;
}

const REPLY_MS = 10_000;
/** Ids in one command: each costs Redis, which does nothing else meanwhile. */
const CHUNK = 1000;

type PendingReply = readonly (readonly [id: string, consumer: string, idleMs: number, deliveries: number])[];

/** What one consumer of a group says to Redis. Of a reply that does not come in time it is told as of an error. */
export class StreamGroup {
  constructor(
    private readonly link: RedisLink,
    private readonly address: GroupAddress,
  ) {}

  /** Makes the group, and the stream, where they are missing. @param from `0` or `$` @returns whether it was missing */
  async create(key: string, from: string): Promise<boolean> {
    try {
      await this.call('XGROUP', 'CREATE', key, this.address.group, from, 'MKSTREAM');
      return true;
    } catch (error) {
      if (isAnswer(error, 'BUSYGROUP')) return false;
      throw error;
    }
  }

  /** @param to `0` or `$` */
  async move(key: string, to: string): Promise<void> {
    await this.call('XGROUP', 'SETID', key, this.address.group, to);
  }

  /**
   * Waits for entries that were given to nobody yet.
   * @param link of its own, as nothing else gets through meanwhile
   */
  async read(link: RedisLink, keys: readonly string[], count: number, blockMs: number): Promise<StreamEntry[]> {
    const { group, name } = this.address;
    const reply = link.redis.callBuffer(
      'XREADGROUP',
      ...['GROUP', group, name, 'COUNT', String(count), 'BLOCK', String(blockMs)],
      ...['STREAMS', ...keys, ...keys.map(() => '>')],
    );
    return entriesOf((await link.reply(reply, blockMs + REPLY_MS)) as StreamsReply);
  }

  /** Those after `after` that are pending for this consumer. */
  async ownPending(key: string, after: string | undefined, count: number): Promise<PendingEntry[]> {
    const { group, name } = this.address;
    return pendingOf(await this.call('XPENDING', key, group, fromAfter(after), '+', String(count), name));
  }

  /** Those after `after` of which Redis has heard nothing for so long, whoever has them. */
  async idlePending(key: string, idleMs: number, after: string | undefined, count: number): Promise<PendingEntry[]> {
    const range = [fromAfter(after), '+', String(count)];
    return pendingOf(await this.call('XPENDING', key, this.address.group, 'IDLE', String(idleMs), ...range));
  }

  /** One pending entry as it is now; undefined if it is not pending any more. */
  async pendingEntry(key: string, id: string): Promise<OwnedEntry | undefined> {
    const reply = (await this.call('XPENDING', key, this.address.group, id, id, '1')) as PendingReply;
    const [found] = reply.map(([, consumer, idleMs, deliveries]) => ({ id, consumer, idleMs, deliveries }));
    return found;
  }

  /** @returns those that it got: not what another consumer took meanwhile, nor what is no longer on the stream */
  async claim(key: string, idleMs: number, ids: readonly string[]): Promise<StreamEntry[]> {
    const { group, name } = this.address;
    const reply = this.link.redis.callBuffer('XCLAIM', key, group, name, String(idleMs), ...ids);
    type Reply = Parameters<typeof entriesOfStream>[1];
    return entriesOfStream(key, (await this.link.reply(reply, REPLY_MS)) as Reply);
  }

  /** Those of `ids` that are no longer on the stream: cut off, or deleted. */
  async missing(key: string, ids: readonly string[]): Promise<string[]> {
    const found = await Promise.all(ids.map((id) => this.call('XRANGE', key, id, id)));
    return ids.filter((_id, at) => (found[at] as readonly unknown[]).length === 0);
  }

  /** Says that they are still worked on, so that nobody claims them. */
  async hold(key: string, ids: readonly string[]): Promise<void> {
    const { group, name } = this.address;
    for (const chunk of chunks(ids)) await this.call('XCLAIM', key, group, name, '0', ...chunk, 'JUSTID');
  }

  /**
   * Gives them to the next consumer that claims. That entries which were given here are not done says nothing against them, so
   * their deliveries are forgotten; what was not given keeps its count.
   */
  async giveBack(
    key: string,
    ids: readonly string[],
    idleMs: number,
    count: 'forget deliveries' | 'keep deliveries',
  ): Promise<void> {
    const { group, name } = this.address;
    const retryCount = count === 'forget deliveries' ? ['RETRYCOUNT', '0'] : [];
    const given = ['IDLE', String(idleMs), ...retryCount, 'JUSTID'];
    for (const chunk of chunks(ids)) await this.call('XCLAIM', key, group, name, '0', ...chunk, ...given);
  }

  async acknowledge(key: string, ids: readonly string[]): Promise<void> {
    for (const chunk of chunks(ids)) await this.call('XACK', key, this.address.group, ...chunk);
  }

  /** Redis forgets with a consumer what is pending for it: only for one that has nothing and reads no more. */
  async leave(key: string): Promise<void> {
    await this.call('XGROUP', 'DELCONSUMER', key, this.address.group, this.address.name);
  }

  /** Runs a script of one stream, with the name of the group as its argument. */
  evaluate(script: string, key: string): Promise<unknown> {
    return this.call('EVAL', script, '1', key, this.address.group);
  }

  private call(command: string, ...args: string[]): Promise<unknown> {
    return this.link.reply(this.link.redis.call(command, ...args), REPLY_MS);
  }
}

/** Whether Redis answered with that error. */
export function isAnswer(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code);
}

function pendingOf(reply: unknown): PendingEntry[] {
  return (reply as PendingReply).map(([id, , , deliveries]) => ({ id, deliveries }));
}

function fromAfter(id: string | undefined): string {
  return id === undefined ? '-' : `(${id}`;
}

function* chunks(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += CHUNK) yield ids.slice(at, at + CHUNK);
}

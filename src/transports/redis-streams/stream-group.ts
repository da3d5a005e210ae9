import type { StreamLink } from './redis-link';
import { entriesOf, entriesOfStream, type StreamEntry, type StreamsReply } from './stream-entry';

/** Number of pending entries read by one command. */
export const PENDING_PAGE = 1000;

/** Entry that Redis has given to a consumer and that is not acknowledged yet. */
export interface PendingEntry {
  readonly id: string;
  /** Number of times the entry was given to a consumer. */
  readonly deliveries: number;
}

/** Pending entry together with the consumer that owns it. */
export interface OwnedEntry extends PendingEntry {
  readonly consumer: string;
  /** Milliseconds since the entry was given to the consumer or claimed for it. */
  readonly idleMs: number;
}

export interface GroupAddress {
  readonly group: string;
  /** Name of this consumer within the group. */
  readonly name: string;
}

const REPLY_MS = 10_000;
/** Limit of ids per command. Each id costs time in Redis, which runs nothing else meanwhile. */
const CHUNK = 1000;

type PendingReply = readonly (readonly [id: string, consumer: string, idleMs: number, deliveries: number])[];

/**
 * Runs the Redis commands of one consumer of a group. A reply that does not arrive in time is an
 * error.
 */
export class StreamGroup {
  constructor(
    private readonly link: Pick<StreamLink, 'call' | 'callBuffer'>,
    private readonly address: GroupAddress,
  ) {}

  /**
   * Creates the group, and the stream if it is missing.
   * @param from `0` or `$`
   * @returns true if the group was missing
   */
  async create(key: string, from: string): Promise<boolean> {
    try {
      await this.call('XGROUP', 'CREATE', key, this.address.group, from, 'MKSTREAM');
      return true;
    } catch (error) {
      if (isAnswer(error, 'BUSYGROUP')) return false;
      throw error;
    }
  }

  /**
   * Moves the group's position.
   * @param to `0` or `$`
   */
  async move(key: string, to: string): Promise<void> {
    await this.call('XGROUP', 'SETID', key, this.address.group, to);
  }

  /**
   * Waits for entries that no consumer has been given yet.
   * @param link a connection used for nothing else, because the command blocks it
   */
  async read(
    link: Pick<StreamLink, 'callBuffer'>,
    keys: readonly string[],
    count: number,
    blockMs: number,
  ): Promise<StreamEntry[]> {
    const { group, name } = this.address;
    const reply = await link.callBuffer(
      blockMs + REPLY_MS,
      'XREADGROUP',
      ...['GROUP', group, name, 'COUNT', String(count), 'BLOCK', String(blockMs)],
      ...['STREAMS', ...keys, ...keys.map(() => '>')],
    );
    return entriesOf(reply as StreamsReply);
  }

  /** Returns the entries after `after` that are pending for this consumer. */
  async ownPending(key: string, after: string | undefined, count: number): Promise<PendingEntry[]> {
    const { group, name } = this.address;
    return pendingOf(await this.call('XPENDING', key, group, fromAfter(after), '+', String(count), name));
  }

  /**
   * Returns the entries after `after` that are pending for any consumer and have been idle for at
   * least `idleMs`.
   */
  async idlePending(key: string, idleMs: number, after: string | undefined, count: number): Promise<PendingEntry[]> {
    const range = [fromAfter(after), '+', String(count)];
    return pendingOf(await this.call('XPENDING', key, this.address.group, 'IDLE', String(idleMs), ...range));
  }

  /**
   * Returns the current state of one pending entry; undefined if the entry is no longer pending.
   */
  async pendingEntry(key: string, id: string): Promise<OwnedEntry | undefined> {
    const reply = (await this.call('XPENDING', key, this.address.group, id, id, '1')) as PendingReply;
    const [found] = reply.map(([, consumer, idleMs, deliveries]) => ({ id, consumer, idleMs, deliveries }));
    return found;
  }

  /**
   * Claims entries that have been idle for at least `idleMs`.
   * @returns the entries claimed, without those that another consumer took meanwhile or that are no
   *   longer on the stream
   */
  async claim(key: string, idleMs: number, ids: readonly string[]): Promise<StreamEntry[]> {
    const { group, name } = this.address;
    const reply = await this.link.callBuffer(REPLY_MS, 'XCLAIM', key, group, name, String(idleMs), ...ids);
    return entriesOfStream(key, reply as Parameters<typeof entriesOfStream>[1]);
  }

  /** Returns the members of `ids` that were trimmed or deleted from the stream. */
  async missing(key: string, ids: readonly string[]): Promise<string[]> {
    const found = await Promise.all(ids.map((id) => this.call('XRANGE', key, id, id)));
    return ids.filter((_id, at) => (found[at] as readonly unknown[]).length === 0);
  }

  /** Resets the idle time of entries still in progress, so that no other consumer claims them. */
  async hold(key: string, ids: readonly string[]): Promise<void> {
    const { group, name } = this.address;
    for (const chunk of chunks(ids)) await this.call('XCLAIM', key, group, name, '0', ...chunk, 'JUSTID');
  }

  /**
   * Releases entries for the next consumer that claims. With 'forget deliveries', the delivery
   * counts are reset: entries that were handed over here and not finished must not look as if they
   * had caused crashes. Entries that were never handed over keep their counts.
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

  /**
   * Deletes this consumer from the group. Redis then drops its pending entries, so it must have
   * none and must have stopped reading.
   */
  async leave(key: string): Promise<void> {
    await this.call('XGROUP', 'DELCONSUMER', key, this.address.group, this.address.name);
  }

  /** Runs a script on one stream, with the group name as its argument. */
  evaluate(script: string, key: string): Promise<unknown> {
    return this.call('EVAL', script, '1', key, this.address.group);
  }

  private call(command: string, ...args: string[]): Promise<unknown> {
    return this.link.call(REPLY_MS, command, ...args);
  }
}

/** True if the error is a Redis reply that begins with the code. */
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

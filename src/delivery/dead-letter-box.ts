import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Envelope } from '../event/envelope';
import { readRecord, writeEventRecord, type RecordFacts } from '../event/event-record';
import { printable } from '../common/printable';
import type { StoredEvent } from '../event/tracking-event';
import type { QueuedEvent, RecordOrigin } from './queued-event';
import { errorKind } from '../common/clean-text';
import type { RecordStore, StoredRecord } from '../store/record-store';
import { StoreWriteException } from '../store/store-write.exception';
import type { LetterStore } from './letter-store';
import { LetterWalk, type LetterDecision } from './letter-walk';

/** An event that a destination refused for good, or that was given up. */
export interface DeadLetter {
  /** Of the destination in the tree. */
  readonly path: string;
  readonly event: StoredEvent;
  /**
   * `refused: …`, `attempts`, `too-old`; `unreadable: …` for an event that cannot be written, of which only the id and name are
   * kept; of queues and buses also `processor-failed: …` and others (docs/async-routing.md).
   * At most 300 characters on one line; control characters are written as `\u000a`.
   */
  readonly reason: string;
  /** Sent in vain, those not counted that only probed whether the destination is back. */
  readonly attempts: number;
  readonly firstError: string | undefined;
  readonly lastError: string | undefined;
  readonly acceptedAt: Date;
  readonly lastTriedAt: Date | undefined;
  readonly deadAt: Date;
}

/** Which dead letters are meant; what is left out is not asked. */
export interface DeadLetterFilter {
  readonly path?: string | undefined;
  readonly id?: string | undefined;
  /** Of the event. */
  readonly name?: string | RegExp | undefined;
  readonly reason?: string | RegExp | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** For what cannot be asked otherwise. */
  readonly where?: ((letter: DeadLetter) => boolean) | undefined;
}

/** Reasons quote what servers answer and what came from a bus: both can be of any length, and hold line breaks. */
const MAX_REASON_LENGTH = 300;
/** How long letters are taken out in one turn of the event loop: requests wait for that long. */
const TURN_MS = 5;

/** The dead letters of one destination, bounded: beyond it the oldest are forgotten, and counted. */
export class DeadLetterBox {
  private forgottenCount = 0;
  /** The walk that takes letters out. */
  private walk: LetterWalk | undefined;
  private isClosed = false;

  constructor(
    private readonly path: string,
    private readonly store: LetterStore,
    /** Told of one that could not be kept: the disk is full, say. */
    private readonly onLost: (error: Error) => void,
  ) {}

  get count(): number {
    return this.store.count;
  }

  get forgotten(): number {
    return this.forgottenCount + this.store.forgotten;
  }

  /** Whether the disk could not be used for them when it was last tried. */
  get isDiskFailing(): boolean {
    return this.store.isDiskFailing;
  }

  /** Looks after the disk; to be called about once a second. Never throws. */
  checkDisk(): void {
    this.store.check();
  }

  /**
   * Keeps an event. Of one that cannot be written (too deep, circular) its id and name are kept. Never throws.
   * @param now epoch milliseconds
   */
  put(entry: QueuedEvent, reason: string, now: number): void {
    let record: string;
    try {
      record = entry.record({ reason: printable(reason, MAX_REASON_LENGTH), deadAt: now });
    } catch (error) {
      const { acceptedAt, attempts, firstError, lastError, lastTriedAt } = entry;
      const facts = { acceptedAt, attempts, firstError, lastError, lastTriedAt, deadAt: now };
      record = standIn(entry, { ...facts, reason: unreadableReason(error) });
    }
    this.putRecord(record);
  }

  /**
   * Keeps the id and name of an event that cannot be written, as `put` does.
   * @returns the reason
   */
  putUnreadable(envelope: Envelope, error: unknown, now: number): string {
    const reason = unreadableReason(error);
    this.putRecord(standIn(envelope, { acceptedAt: now, deadAt: now, reason }));
    return reason;
  }

  /** Takes over what another process left. */
  adopt(other: RecordStore): void {
    this.store.adopt(other);
  }

  /** Reads letters in the order in which they died. @param visit gives false to go no further */
  visit(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.walk?.pause();
    const walk = new LetterWalk(this.store);
    try {
      walk.run(Infinity, (record) => {
        const letter = this.letterOf(record)?.letter;
        return letter === undefined || !fits(letter, filter) || visit(letter) ? 'keep' : 'stop';
      });
    } finally {
      walk.end();
      this.walk?.resume();
    }
  }

  /**
   * Takes out the letters that fit, for a few milliseconds in each turn of the event loop, beginning with this one. Calls
   * follow one another. Ends early when the box is closed. Rejects with what the filter throws.
   * @param take what becomes of each: false leaves it and all after it, 'skip' leaves it alone
   * @param onTurn called after each turn
   * @returns how many were taken out
   */
  async takeOut(
    filter: DeadLetterFilter,
    take: (letter: DeadLetter, origin: RecordOrigin) => boolean | 'skip',
    onTurn: () => void = () => undefined,
  ): Promise<number> {
    while (this.walk !== undefined) await this.walk.ended;
    if (this.isClosed) return 0;
    const walk = (this.walk = new LetterWalk(this.store));
    let taken = 0;
    const decide = (record: StoredRecord): LetterDecision => {
      const read = this.letterOf(record);
      if (read === undefined || !fits(read.letter, filter)) return 'keep';
      const isTaken = take(read.letter, read.facts);
      if (isTaken === 'skip') return 'keep';
      if (!isTaken) return 'stop';
      taken++;
      return 'remove';
    };
    try {
      for (let hasMore = true; hasMore;) {
        try {
          hasMore = walk.run(TURN_MS, decide);
        } finally {
          onTurn();
        }
        if (hasMore) await nextTurn();
      }
    } finally {
      this.walk = undefined;
      walk.end();
    }
    return taken;
  }

  /** @returns how many end with the process, since they were in memory alone */
  close(): number {
    this.isClosed = true;
    this.walk?.end(); // what it has leased would not be written to the disk
    try {
      this.store.close();
      return 0;
    } catch (error) {
      if (error instanceof StoreWriteException) return error.records;
      throw error;
    }
  }

  /** Never throws: the events of the same batch that were taken must be settled, whatever becomes of those that were not. */
  private putRecord(record: string | Buffer): void {
    try {
      if (this.store.append(record, true) !== undefined) return;
      this.forgottenCount += this.store.dropOldest(Buffer.byteLength(record));
      if (this.store.append(record, true) !== undefined) return;
    } catch (error) {
      this.onLost(error as Error);
    }
    this.forgottenCount++;
  }

  private letterOf({
    payload,
  }: StoredRecord): { readonly letter: DeadLetter; readonly facts: RecordOrigin } | undefined {
    try {
      const { event, facts } = readRecord(payload.toString('utf8'));
      const { attempts = 0, firstError, lastError, acceptedAt, lastTriedAt, deadAt = acceptedAt } = facts;
      const { reason, depth, parentId, isRaw } = facts;
      const letter = {
        ...{ path: this.path, event, reason: reasonText(reason), attempts, firstError, lastError },
        ...{ acceptedAt: new Date(acceptedAt), deadAt: new Date(deadAt) },
        lastTriedAt: lastTriedAt === undefined ? undefined : new Date(lastTriedAt),
      };
      return { letter, facts: { depth, parentId, isRaw } };
    } catch {
      return undefined; // written by another version: left for it
    }
  }
}

/** Of a record, which another version or another program may have written. */
function reasonText(reason: unknown): string {
  return typeof reason === 'string' ? printable(reason, MAX_REASON_LENGTH) : '';
}

const UNREADABLE = 'unreadable: ';

/** The reason of an event that cannot be written or read. Only the kind of error: its message may quote the event. */
export function unreadableReason(error: unknown): string {
  return `${UNREADABLE}${errorKind(error)}`;
}

/** The record of an event without what cannot be written of it. */
function standIn({ id, name }: { readonly id: string; readonly name: string }, facts: RecordFacts): string {
  return writeEventRecord({ id, name, timestamp: new Date(facts.acceptedAt), context: {}, data: {} }, facts);
}

/** Whether the letter stands for an event that could not be written: it cannot be sent again. */
export function isStandIn({ reason }: DeadLetter, { isRaw }: RecordOrigin): boolean {
  return reason.startsWith(UNREADABLE) && isRaw !== true;
}

function fits(letter: DeadLetter, { path, id, name, reason, since, until, where }: DeadLetterFilter): boolean {
  return (
    (path === undefined || letter.path === path) &&
    (id === undefined || letter.event.id === id) &&
    fitsText(letter.event.name, name) &&
    fitsText(letter.reason, reason) &&
    (since === undefined || letter.deadAt >= since) &&
    (until === undefined || letter.deadAt <= until) &&
    (where === undefined || where(letter))
  );
}

function fitsText(text: string, pattern: string | RegExp | undefined): boolean {
  if (pattern === undefined) return true;
  return typeof pattern === 'string' ? text === pattern : text.search(pattern) >= 0; // `search` ignores lastIndex
}

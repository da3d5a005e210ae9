import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Envelope } from '../event/envelope';
import { readRecord, writeEventRecord, type RecordFacts } from '../event/event-record';
import { printable } from '../common/printable';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { QueuedEvent, RecordOrigin } from './queued-event';
import { errorKind } from './clean-text';
import type { RecordStore, StoredRecord } from '../store/record-store';
import { StoreWriteException } from '../store/store-write.exception';
import type { LetterStore } from './letter-store';
import { LetterWalk, type LetterDecision } from './letter-walk';

/** An event that a destination rejected permanently, or that was abandoned. */
export interface DeadLetter {
  /** Path of the destination in the tree. */
  readonly path: string;
  readonly event: IdentifiedEvent;
  /**
   * Why the event is a dead letter: `refused: …`, `attempts`, `too-old`, or `unreadable: …` for an
   * event that cannot be written, of which only the id and name are kept. Letters of queues and
   * buses also have `processor-failed: …` and others (docs/reliability/bull.md).
   *
   * At most 300 characters on one line; control characters are written as `\u000a`.
   */
  readonly reason: string;
  /**
   * Number of failed attempts to send the event. Probes of a destination that may still be down are
   * not counted.
   */
  readonly attempts: number;
  readonly firstError: string | undefined;
  readonly lastError: string | undefined;
  readonly acceptedAt: Date;
  readonly lastTriedAt: Date | undefined;
  readonly deadAt: Date;
  /**
   * False if `redrive` would leave the letter: only the id and name of its event are kept, or the
   * application has no node for it.
   */
  readonly canRedrive: boolean;
}

/** Selects dead letters. A field that is left out matches all letters. */
export interface DeadLetterFilter {
  readonly path?: string | undefined;
  readonly id?: string | undefined;
  /** Name of the event. */
  readonly name?: string | RegExp | undefined;
  readonly reason?: string | RegExp | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  /** Condition that the other fields cannot express. */
  readonly where?: ((letter: DeadLetter) => boolean) | undefined;
}

/**
 * Reasons quote answers of servers and input from a bus. Both can be of any length and contain line
 * breaks.
 */
const MAX_REASON_LENGTH = 300;
/**
 * Milliseconds in which letters are taken out in one turn of the event loop. Requests wait for that
 * long.
 */
const TURN_MS = 5;

/**
 * The dead letters of one destination, up to a limit. Beyond it the oldest ones are dropped and
 * counted.
 */
export class DeadLetterBox {
  /** The walk that is taking letters out. */
  private walk: LetterWalk | undefined;
  private isClosed = false;

  constructor(
    private readonly path: string,
    private readonly store: LetterStore,
    /** Called for a letter that could not be kept, for example because the disk is full. */
    private readonly onLost: (error: Error) => void,
  ) {}

  get count(): number {
    return this.store.count;
  }

  /** Number of letters that were lost. It never decreases. */
  get forgotten(): number {
    return this.store.forgotten;
  }

  /** True if the last use of the disk for dead letters failed. */
  get isDiskFailing(): boolean {
    return this.store.isDiskFailing;
  }

  /** Checks the disk. Call it about once a second. Never throws. */
  checkDisk(): void {
    this.store.check();
  }

  /**
   * Stores an event as a dead letter. If the event cannot be written (too deep, circular), only its
   * id and name are stored. Never throws.
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
   * Stores the id and name of an event that cannot be written, as `put` does.
   * @returns the reason of the dead letter
   */
  putUnreadable(envelope: Envelope, error: unknown, now: number): string {
    const reason = unreadableReason(error);
    this.putRecord(standIn(envelope, { acceptedAt: now, deadAt: now, reason }));
    return reason;
  }

  /** Takes over the dead letters of another process. */
  adopt(other: RecordStore): void {
    this.store.adopt(other);
  }

  /**
   * Reads letters in the order in which they became dead letters.
   * @param visit returns false to stop
   */
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

  /** Reads letters as `visit` does, a few milliseconds in each turn of the event loop. */
  async visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): Promise<void> {
    await this.takeOut(filter, (letter) => (visit(letter) ? 'skip' : false));
  }

  /**
   * Takes out the matching letters, a few milliseconds in each turn of the event loop, beginning
   * with this one. Concurrent calls run one after another. Ends early when the box is closed.
   * Rejects with errors that the filter throws.
   * @param take decides about each letter: true takes it out, 'skip' leaves it, false leaves it and
   * all letters after it
   * @param onTurn called after each turn
   * @returns number of letters that were taken out
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

  /**
   * Closes the box.
   * @returns number of letters that are lost because they were only in memory
   */
  close(): number {
    this.isClosed = true;
    this.walk?.end(); // the walk's leased letters would not be written to the disk
    try {
      this.store.close();
      return 0;
    } catch (error) {
      if (error instanceof StoreWriteException) return error.records;
      throw error;
    }
  }

  /**
   * Never throws: the accepted events of a batch must be settled, even if its rejected events
   * cannot be stored.
   */
  private putRecord(record: string | Buffer): void {
    try {
      if (this.store.append(record) !== undefined) return;
      this.store.dropOldest(Buffer.byteLength(record));
      if (this.store.append(record) !== undefined) return;
    } catch (error) {
      this.onLost(error as Error);
    }
    this.store.forget();
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
        canRedrive: isRaw === true || !isUnreadable(reason),
      };
      return { letter, facts: { depth, parentId, isRaw } };
    } catch {
      return undefined; // another version wrote the record: it is left for that version
    }
  }
}

/** Reads the reason of a record, which another version or program may have written. */
function reasonText(reason: unknown): string {
  return typeof reason === 'string' ? printable(reason, MAX_REASON_LENGTH) : '';
}

const UNREADABLE = 'unreadable: ';

/** True for the reason of a letter that has no event, only its id and name. */
export function isUnreadable(reason: unknown): boolean {
  return reasonText(reason).startsWith(UNREADABLE);
}

/**
 * The reason of an event that cannot be written or read. It contains only the kind of error,
 * because the message may quote the event.
 */
export function unreadableReason(error: unknown): string {
  return `${UNREADABLE}${errorKind(error)}`;
}

/** The record of an event that cannot be written: its id and name, without context and data. */
function standIn({ id, name }: { readonly id: string; readonly name: string }, facts: RecordFacts): string {
  return writeEventRecord({ id, name, timestamp: new Date(facts.acceptedAt), context: {}, data: {} }, facts);
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
  // `search` ignores lastIndex
  return typeof pattern === 'string' ? text === pattern : text.search(pattern) >= 0;
}

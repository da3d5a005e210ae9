import type { StoredEvent } from '../event/tracking-event';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Delivery } from './delivery';
import type { LetterStore } from './letter-store';
import { lostLettersOf } from './lost-letters';
import { QueuedEvent, type RecordOrigin } from './queued-event';
import { StrayLetters, type TakeBack } from './stray-letters';

/**
 * Maximum bytes of dead letters in memory for a path without a delivery: any writer of a queue can
 * name such a path.
 */
const MAX_STRAY_BYTES_IN_MEMORY = 1_048_576;
const MAX_STRAY_PATHS = 100;
/** Names of nodes contain no colon. */
const OTHER = ':other';
const UNREADABLE = ':unreadable';
/** Default maximum number of dead letters that one call returns. */
const DEFAULT_LIMIT = 1000;
/**
 * Maximum number of reasons that are counted separately. A reason may quote an answer of a server,
 * and may then be different for each letter.
 */
const MAX_REASONS = 100;
const OTHER_REASONS = '(other reasons)';

/** An object that stores the dead letters of one path. */
type LetterHolder = Pick<Delivery, 'path' | 'visitDeadLetters' | 'redrive' | 'purge'>;

export interface OfficeParts {
  /** The deliveries of this tracker, including replaced ones. */
  readonly deliveries: readonly Delivery[];
  /** Opens the store for the dead letters of a path without a delivery. */
  readonly openLetters: (path: string, maxMemoryBytes: number) => LetterStore;
  readonly onLetter: (path: string) => void;
  /** Called for a letter that could not be kept. */
  readonly onLost: (path: string, text: string) => void;
}

/**
 * All dead letters of one tracker: the letters of its deliveries, and letters for paths that it
 * does not have.
 */
export class DeadLetterOffice {
  private readonly strays = new Map<string, StrayLetters>();
  private readonly takers = new Map<string, TakeBack>();

  constructor(private readonly parts: OfficeParts) {}

  /**
   * Registers a taker for the dead letters of a path without a destination.
   * @param path path whose dead letters are given to `taker` when they are redriven
   */
  takeBack(path: string, taker: TakeBack): void {
    this.takers.set(path, taker);
  }

  /**
   * Stores an event from a queue as a dead letter of the node at `path`. If the application does
   * not have that node, the letter is kept for a start that has it. Never throws.
   */
  keep(path: string, event: StoredEvent, reason: string, facts: RecordOrigin): void {
    const delivery = this.parts.deliveries.findLast((known) => known.path === path);
    if (delivery !== undefined && (facts.isRaw !== true || delivery.takesRaw)) {
      delivery.keepLetter(event, reason, facts);
      return;
    }
    const now = Date.now();
    // Raw input does not go to the destination's box: a redrive from there would send the
    // destination something that is not an event.
    const box = this.strayBox(delivery === undefined ? path : UNREADABLE);
    box.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    this.parts.onLetter(box.path);
  }

  /**
   * Hands over the letters of a path that gets a delivery now. The delivery stores them from now
   * on.
   * @returns undefined if there are none
   */
  handOut(path: string): LetterStore | undefined {
    const stray = this.strays.get(path);
    this.strays.delete(path);
    return stray?.letters;
  }

  /**
   * Returns the store of dead letters for a path without a delivery.
   * @returns undefined if there are too many such paths
   */
  strayFor(path: string): StrayLetters | undefined {
    return this.strays.has(path) || this.strays.size < MAX_STRAY_PATHS ? this.strayBox(path) : undefined;
  }

  list(filter: DeadLetterFilter, limit: number = DEFAULT_LIMIT): DeadLetter[] {
    const letters: DeadLetter[] = [];
    for (const box of this.of(filter)) {
      box.visitDeadLetters(filter, (letter) => letters.push(letter) < limit);
      if (letters.length >= limit) break;
    }
    return letters;
  }

  count(filter: DeadLetterFilter): Record<string, number> {
    const counts = new Map<string, number>();
    for (const box of this.of(filter)) {
      box.visitDeadLetters(filter, ({ reason }) => {
        const key = counts.has(reason) || counts.size < MAX_REASONS ? reason : OTHER_REASONS;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return true;
      });
    }
    return Object.fromEntries(counts);
  }

  redrive(filter: DeadLetterFilter): Promise<number> {
    return this.sum(filter, (box) => box.redrive(filter));
  }

  purge(filter: DeadLetterFilter): Promise<number> {
    return this.sum(filter, (box) => box.purge(filter));
  }

  /** Checks the disk. Call it about once a second. */
  checkDisk(): void {
    for (const box of this.strays.values()) box.checkDisk();
  }

  /** Closes the stores of paths without a delivery. */
  close(): void {
    for (const box of this.strays.values()) box.close();
  }

  /** Number of dead letters by path that were lost at close because they were only in memory. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    return lostLettersOf([...this.parts.deliveries, ...this.strays.values()]);
  }

  /**
   * Handles one holder after the other, so that a turn of the event loop does the work of only one.
   */
  private async sum(filter: DeadLetterFilter, count: (box: LetterHolder) => Promise<number>): Promise<number> {
    let sum = 0;
    for (const box of this.of(filter)) sum += await count(box);
    return sum;
  }

  private of({ path }: DeadLetterFilter): LetterHolder[] {
    const holders: LetterHolder[] = [...this.parts.deliveries, ...this.strays.values()];
    return holders.filter((holder) => path === undefined || holder.path === path);
  }

  private strayBox(named: string): StrayLetters {
    const path = this.strays.has(named) || this.strays.size < MAX_STRAY_PATHS ? named : OTHER;
    const known = this.strays.get(path);
    if (known !== undefined) return known;
    const letters = this.parts.openLetters(path, MAX_STRAY_BYTES_IN_MEMORY);
    const onLost = (error: Error): void => {
      this.parts.onLost(path, `a dead letter could not be kept: ${String(error)}`);
    };
    const box = new StrayLetters(path, letters, onLost, this.takers.get(path));
    this.strays.set(path, box);
    return box;
  }
}

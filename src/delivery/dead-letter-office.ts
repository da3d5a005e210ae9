import type { IdentifiedEvent } from '../event/tracking-event';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Delivery } from './delivery';
import type { LetterHolder } from './letter-holder';
import type { LetterStore } from './letter-store';
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
const FORGETS =
  "some are lost for lack of capacity, the oldest first, and are counted ('forgottenDeadLetters'). " +
  'Fix: give delivery a directory, or redrive or purge the dead letters. (Logged once; the ledger counts on.)';

export interface OfficeParts {
  /** The deliveries of this tracker, including replaced ones. */
  readonly deliveries: readonly Pick<Delivery, 'path' | 'takesRaw' | 'letters'>[];
  /** Opens the store for the dead letters of a path without a delivery. */
  readonly openLetters: (path: string, maxMemoryBytes: number) => LetterStore;
  readonly onLetter: (path: string) => void;
  /** Called when letters of a path without a delivery were lost. Logs each text once. */
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
  keep(path: string, event: IdentifiedEvent, reason: string, facts: RecordOrigin): void {
    const delivery = this.parts.deliveries.findLast((known) => known.path === path);
    if (delivery !== undefined && (facts.isRaw !== true || delivery.takesRaw)) {
      delivery.letters.keep(event, reason, facts);
      return;
    }
    const now = Date.now();
    // Raw input does not go to the destination's box: a redrive from there would send the
    // destination something that is not an event.
    const box = this.strayBox(delivery === undefined ? path : UNREADABLE);
    const before = box.forgotten;
    box.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    if (box.forgotten > before) this.parts.onLost(box.path, FORGETS);
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

  /** Number of dead letters, without reading them. */
  get total(): number {
    return this.of({}).reduce((sum, { count }) => sum + count, 0);
  }

  list(filter: DeadLetterFilter, limit: number = DEFAULT_LIMIT): DeadLetter[] {
    const letters: DeadLetter[] = [];
    this.visit(filter, (letter) => letters.push(letter) < limit);
    return letters;
  }

  count(filter: DeadLetterFilter): Record<string, number> {
    const counts = new Map<string, number>();
    this.visit(filter, ({ reason }) => {
      const key = counts.has(reason) || counts.size < MAX_REASONS ? reason : OTHER_REASONS;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return true;
    });
    return Object.fromEntries(counts);
  }

  /**
   * Reads the matching letters without keeping them, oldest first for each path, a few milliseconds
   * in each turn of the event loop: there may be gigabytes of them on disk.
   */
  async visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => void): Promise<void> {
    for (const box of this.of(filter)) {
      await box.visitInTurns(filter, (letter) => {
        visit(letter);
        return true;
      });
    }
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

  /**
   * Number of dead letters that were lost at paths without a delivery, by path. Paths without any
   * are left out. The letters of deliveries are counted in their own ledgers.
   */
  forgottenStrays(): Readonly<Record<string, number>> {
    const lost = [...this.strays.values()].filter(({ forgotten }) => forgotten > 0);
    return Object.fromEntries(lost.map(({ path, forgotten }) => [path, forgotten]));
  }

  /** Number of dead letters by path that were lost at close because they were only in memory. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    const lost = new Map<string, number>();
    for (const { path, lostAtClose } of this.of({})) {
      if (lostAtClose > 0) lost.set(path, (lost.get(path) ?? 0) + lostAtClose);
    }
    return lost;
  }

  /** @param visit returns false to stop */
  private visit(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    const walk = { isStopped: false };
    for (const box of this.of(filter)) {
      box.visit(filter, (letter) => {
        walk.isStopped = !visit(letter);
        return !walk.isStopped;
      });
      if (walk.isStopped) return;
    }
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
    const holders = [...this.parts.deliveries.map(({ letters }) => letters), ...this.strays.values()];
    return holders.filter((holder) => path === undefined || holder.path === path);
  }

  private strayBox(named: string): StrayLetters {
    const path = this.strays.has(named) || this.strays.size < MAX_STRAY_PATHS ? named : OTHER;
    const known = this.strays.get(path);
    if (known !== undefined) return known;
    const letters = this.parts.openLetters(path, MAX_STRAY_BYTES_IN_MEMORY);
    const onLost = (error: Error): void => {
      this.parts.onLost(path, `a dead letter could not be kept: ${String(error)}.`);
    };
    const box = new StrayLetters(path, letters, onLost, this.takers.get(path));
    this.strays.set(path, box);
    return box;
  }
}

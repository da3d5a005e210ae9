import type { StoredEvent } from '../event/tracking-event';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Delivery } from './delivery';
import type { LetterStore } from './letter-store';
import { lostLettersOf } from './lost-letters';
import { QueuedEvent, type RecordOrigin } from './queued-event';
import { StrayLetters, type TakeBack } from './stray-letters';

/** The most bytes of dead letters in memory for a path that is not here: any writer of a queue can name one. */
const MAX_STRAY_BYTES_IN_MEMORY = 1_048_576;
const MAX_STRAY_PATHS = 100;
/** No name of a node has a colon. */
const OTHER = ':other';
const UNREADABLE = ':unreadable';
/** How many dead letters one call gives at most, unless it says otherwise. */
const DEFAULT_LIMIT = 1000;
/** A reason may quote what a server answered: then each letter has another one. */
const MAX_REASONS = 100;
const OTHER_REASONS = '(other reasons)';

/** What keeps the dead letters of one path. */
type LetterHolder = Pick<Delivery, 'path' | 'visitDeadLetters' | 'redrive' | 'purge'>;

export interface OfficeParts {
  /** Those of this tracker, replaced ones included. */
  readonly deliveries: readonly Delivery[];
  /** Where the dead letters of a path are kept that no delivery has. */
  readonly openLetters: (path: string, maxMemoryBytes: number) => LetterStore;
  readonly onLetter: (path: string) => void;
  /** Told of a letter that could not be kept. */
  readonly onLost: (path: string, text: string) => void;
}

/** All dead letters of one tracker: those of its deliveries, and those for paths that it does not have. */
export class DeadLetterOffice {
  private readonly strays = new Map<string, StrayLetters>();
  private readonly takers = new Map<string, TakeBack>();

  constructor(private readonly parts: OfficeParts) {}

  /** @param path of which dead letters are redriven by giving them to `taker`; it has no destination */
  takeBack(path: string, taker: TakeBack): void {
    this.takers.set(path, taker);
  }

  /**
   * Keeps an event as a dead letter that came back from a queue for a node at `path`, or for one that nobody here knows: then
   * it is kept for a start that has it. Never throws.
   */
  keep(path: string, event: StoredEvent, reason: string, facts: RecordOrigin): void {
    const delivery = this.parts.deliveries.findLast((known) => known.path === path);
    if (delivery !== undefined && (facts.isRaw !== true || delivery.takesRaw)) {
      delivery.keepLetter(event, reason, facts);
      return;
    }
    const now = Date.now();
    // A destination would be sent what is no event, were it redriven from there.
    const box = this.strayBox(delivery === undefined ? path : UNREADABLE);
    box.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    this.parts.onLetter(box.path);
  }

  /** The letters of a path that gets a delivery now, which keeps them from here on. */
  handOut(path: string): LetterStore | undefined {
    const stray = this.strays.get(path);
    this.strays.delete(path);
    return stray?.letters;
  }

  /** Keeps the dead letters of a path that is not here. @returns undefined if there are too many such paths */
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

  /** Looks after the disk; to be called about once a second. */
  checkDisk(): void {
    for (const box of this.strays.values()) box.checkDisk();
  }

  /** Closes the boxes of paths that are not here. */
  close(): void {
    for (const box of this.strays.values()) box.close();
  }

  /** How many dead letters ended with this process, since they were in memory only, by path. */
  lettersLostAtClose(): ReadonlyMap<string, number> {
    return lostLettersOf([...this.parts.deliveries, ...this.strays.values()]);
  }

  /** One holder after the other, so that a turn of the event loop has the work of one. */
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

import { DeadLetterBox, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { RecordStore } from '../store/record-store';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { LetterHolder } from './letter-holder';
import type { LetterStore } from './letter-store';
import type { QueuedEvent, RecordOrigin } from './queued-event';

/** Takes back dead letters that did not come from a destination. */
export interface TakeBack {
  /** Returns true if the event can be taken now. */
  readonly isTaken: (event: IdentifiedEvent) => boolean;
  readonly take: (event: IdentifiedEvent, origin: RecordOrigin) => void;
}

/**
 * Dead letters for a node that this application does not have. They can be listed, and wait for a
 * start that has the node.
 */
export class StrayLetters implements LetterHolder {
  private readonly box: DeadLetterBox;
  private lost: number | undefined;

  constructor(
    readonly path: string,
    readonly letters: LetterStore,
    onLost: (error: Error) => void,
    private readonly takeBack?: TakeBack,
  ) {
    this.box = new DeadLetterBox(path, letters, onLost);
  }

  put(entry: QueuedEvent, reason: string, now: number): void {
    this.box.put(entry, reason, now);
  }

  visit(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.box.visit(filter, this.asSeenBy(visit));
  }

  visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): Promise<void> {
    return this.box.visitInTurns(filter, this.asSeenBy(visit));
  }

  /**
   * Gives the matching letters to the taker, if there is one. Without a taker they stay, because
   * there is no queue for them.
   */
  async redrive(filter: DeadLetterFilter): Promise<number> {
    const { takeBack } = this;
    if (takeBack === undefined) return 0;
    const where = (letter: DeadLetter): boolean => (filter.where?.(letter) ?? true) && takeBack.isTaken(letter.event);
    return this.box.takeOut({ ...filter, where }, ({ event }, origin) => {
      takeBack.take(event, origin);
      return true;
    });
  }

  purge(filter: DeadLetterFilter): Promise<number> {
    return this.box.takeOut(filter, () => true);
  }

  get isClosed(): boolean {
    return this.lost !== undefined;
  }

  /** Takes over the dead letters of another process. */
  adopt(_queue: undefined | RecordStore, deadLetters: RecordStore | undefined): void {
    if (deadLetters !== undefined) this.box.adopt(deadLetters);
  }

  get count(): number {
    return this.box.count;
  }

  /** Number of letters that were lost here. */
  get forgotten(): number {
    return this.box.forgotten;
  }

  /** Checks the disk. Call it about once a second. */
  checkDisk(): void {
    this.box.checkDisk();
  }

  /** Number of letters that were lost at close because they were only in memory. */
  get lostAtClose(): number {
    return this.lost ?? 0;
  }

  close(): void {
    this.lost = this.box.close();
  }

  /** Without a taker, no letter can be redriven. */
  private asSeenBy(visit: (letter: DeadLetter) => boolean): (letter: DeadLetter) => boolean {
    return this.takeBack === undefined ? (letter) => visit({ ...letter, canRedrive: false }) : visit;
  }
}

import { DeadLetterBox, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { RecordStore } from '../store/record-store';
import type { StoredEvent } from '../event/tracking-event';
import type { LetterStore } from './letter-store';
import type { QueuedEvent, RecordOrigin } from './queued-event';

/** Takes events back that no destination has refused. */
export interface TakeBack {
  /** Whether it would be taken by now. */
  readonly isTaken: (event: StoredEvent) => boolean;
  readonly take: (event: StoredEvent, origin: RecordOrigin) => void;
}

/** Dead letters for a node that this application does not have: they can be looked at, and wait for a start that has it. */
export class StrayLetters {
  private readonly box: DeadLetterBox;
  private lost = 0;

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

  visitDeadLetters(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.box.visit(filter, visit);
  }

  /** Where there is no queue to put them into, and nobody else who takes them, they stay. */
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

  /** Takes over what another process left. */
  adopt(_queue: undefined | RecordStore, deadLetters: RecordStore | undefined): void {
    if (deadLetters !== undefined) this.box.adopt(deadLetters);
  }

  /** Looks after the disk; to be called about once a second. */
  checkDisk(): void {
    this.box.checkDisk();
  }

  /** How many letters ended with this process, since they were in memory only. */
  get lettersLostAtClose(): number {
    return this.lost;
  }

  close(): void {
    this.lost = this.box.close();
  }
}

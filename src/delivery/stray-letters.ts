import { DeadLetterBox, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import type { RecordStore } from './disk/record-store';
import type { QueuedEvent } from './queued-event';

/** Dead letters for a node that this application does not have: they can be looked at, and wait for a start that has it. */
export class StrayLetters {
  private readonly box: DeadLetterBox;

  constructor(
    readonly path: string,
    private readonly store: RecordStore,
    onLost: (error: Error) => void,
  ) {
    this.box = new DeadLetterBox(path, store, onLost);
  }

  put(entry: QueuedEvent, reason: string, now: number): void {
    this.box.put(entry, reason, now);
  }

  visitDeadLetters(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.box.visit(filter, visit);
  }

  /** There is no queue to put them into. */
  redrive(): number {
    return 0;
  }

  purge(filter: DeadLetterFilter): number {
    return this.box.takeOut(filter, () => true);
  }

  /** Takes over what another process left. */
  adopt(other: RecordStore | undefined): void {
    if (other !== undefined) this.box.adopt(other);
  }

  /** To the node, which is there now. */
  giveTo(delivery: { adopt(queue: undefined, deadLetters: RecordStore): void }): void {
    delivery.adopt(undefined, this.store);
  }

  close(): void {
    this.box.close();
  }
}

import type { IdentifiedEvent } from '../event/tracking-event';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { DeliveryEngine } from './delivery-engine';
import type { LetterHolder } from './letter-holder';
import { QueuedEvent, type RecordOrigin } from './queued-event';

/** The dead letters of one destination, which can be put into its queue again. */
export class DeliveryLetters implements LetterHolder {
  private lost = 0;

  /** @param isOpen returns true while the queue accepts letters that are redriven */
  constructor(
    readonly path: string,
    private readonly engine: Pick<DeliveryEngine, 'letters' | 'queue' | 'ledger' | 'scheduler' | 'reports'>,
    private readonly isOpen: () => boolean,
  ) {}

  get lostAtClose(): number {
    return this.lost;
  }

  get count(): number {
    return this.engine.letters.count;
  }

  /** Stores an event as a dead letter that failed elsewhere and is not counted in the ledger. */
  keep(event: IdentifiedEvent, reason: string, facts: RecordOrigin): void {
    const { letters, reports } = this.engine;
    const now = Date.now();
    letters.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    reports.notify('dead-letter');
  }

  visit(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.engine.letters.visit(filter, visit);
  }

  visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): Promise<void> {
    return this.engine.letters.visitInTurns(filter, visit);
  }

  /**
   * Puts letters into the queue again, a few in each turn of the event loop.
   * @returns number of letters; fewer than match if the queue is full or closed meanwhile
   */
  redrive(filter: DeadLetterFilter): Promise<number> {
    const { letters, ledger, scheduler } = this.engine;
    const take = (letter: DeadLetter, origin: RecordOrigin): boolean | 'skip' => {
      const outcome = this.isOpen() && this.putAgain(letter, origin);
      if (outcome === true) ledger.redrive();
      return outcome;
    };
    return letters.takeOut(filter, take, () => {
      if (this.isOpen()) scheduler.hurry();
    });
  }

  purge(filter: DeadLetterFilter): Promise<number> {
    return this.engine.letters.takeOut(filter, () => true);
  }

  close(): void {
    this.lost = this.engine.letters.close();
  }

  /**
   * Puts one letter into the queue again.
   * @returns true if the queue had capacity; 'skip' for a letter that cannot be sent
   */
  private putAgain(letter: DeadLetter, origin: RecordOrigin): boolean | 'skip' {
    if (!letter.canRedrive) return 'skip';
    const { event } = letter;
    try {
      // The event gets a new time of acceptance, or an event that was too old would be too old
      // again.
      const entry = QueuedEvent.again(event, { acceptedAt: Date.now(), ...origin }, JSON.stringify(event).length);
      return this.engine.queue.putAgain(entry);
    } catch {
      return 'skip'; // the event cannot be written
    }
  }
}

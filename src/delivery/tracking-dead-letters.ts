import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Deliveries } from './deliveries';

/**
 * The dead letters of one tracker: events that a destination rejected permanently, or that were
 * abandoned. Every call reads the stored letters, which may be on disk, so use it in tools for
 * operators and not in requests.
 */
export class TrackingDeadLetters {
  private readonly deliveries: Pick<Deliveries, 'letters'>;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(deliveries: Pick<Deliveries, 'letters'>);
  constructor(deliveries: Pick<Deliveries, 'letters'>) {
    this.deliveries = deliveries;
  }

  /**
   * Returns the matching dead letters, oldest first for each destination.
   * @param options.limit maximum number of letters
   * @default 1000
   */
  list(filter: DeadLetterFilter = {}, options: { readonly limit?: number | undefined } = {}): DeadLetter[] {
    return this.deliveries.letters.list(filter, options.limit);
  }

  /**
   * Counts the matching dead letters by reason. Reasons after the first 100 are counted together as
   * `(other reasons)`.
   */
  count(filter: DeadLetterFilter = {}): Record<string, number> {
    return this.deliveries.letters.count(filter);
  }

  /**
   * Puts the matching dead letters into their queues again, under their ids: all of them with `{}`,
   * one with `{ id }`. Works for a few milliseconds in each turn of the event loop. Ignores letters
   * that are added after the call. Rejects with errors that the functions of the filter throw.
   * @returns number of letters; letters for which the queue had no capacity, or whose destination
   * was closed meanwhile, stay dead letters
   */
  redrive(filter: DeadLetterFilter): Promise<number> {
    return this.deliveries.letters.redrive(filter);
  }

  /**
   * Removes the matching dead letters, in several turns of the event loop like `redrive`.
   * @returns number of letters
   */
  purge(filter: DeadLetterFilter): Promise<number> {
    return this.deliveries.letters.purge(filter);
  }
}

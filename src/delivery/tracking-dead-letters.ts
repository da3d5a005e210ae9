import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Deliveries } from './deliveries';

/**
 * The events that destinations of one tracker refused for good, or that were given up. Every call reads what is kept, which
 * may be on disk: it is for operators, not for requests.
 */
export class TrackingDeadLetters {
  constructor(private readonly deliveries: Deliveries) {}

  /** Those that fit, the oldest of each destination first. @param options.limit at most so many.  @default 1000 */
  list(filter: DeadLetterFilter = {}, options: { readonly limit?: number | undefined } = {}): DeadLetter[] {
    return this.deliveries.listDeadLetters(filter, options.limit);
  }

  /** How many fit, by reason. Reasons after the first 100 are counted together as `(other reasons)`. */
  count(filter: DeadLetterFilter = {}): Record<string, number> {
    return this.deliveries.countDeadLetters(filter);
  }

  /**
   * Puts those that fit into their queues again, under their ids: all of them with `{}`, one with `{ id }`.
   * @returns how many; those that found no room stay dead letters
   */
  redrive(filter: DeadLetterFilter): number {
    return this.deliveries.redrive(filter);
  }

  /** Forgets those that fit. @returns how many */
  purge(filter: DeadLetterFilter): number {
    return this.deliveries.purge(filter);
  }
}

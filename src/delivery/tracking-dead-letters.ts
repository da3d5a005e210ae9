import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import type { Deliveries } from './deliveries';

/**
 * The events that destinations of one tracker refused for good, or that were given up. Every call reads what is kept, which
 * may be on disk: it is for operators, not for requests.
 */
export class TrackingDeadLetters {
  private readonly deliveries: Deliveries;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(deliveries: Deliveries);
  constructor(deliveries: Deliveries) {
    this.deliveries = deliveries;
  }

  /** Those that fit, the oldest of each destination first. @param options.limit at most so many.  @default 1000 */
  list(filter: DeadLetterFilter = {}, options: { readonly limit?: number | undefined } = {}): DeadLetter[] {
    return this.deliveries.listDeadLetters(filter, options.limit);
  }

  /** How many fit, by reason. Reasons after the first 100 are counted together as `(other reasons)`. */
  count(filter: DeadLetterFilter = {}): Record<string, number> {
    return this.deliveries.countDeadLetters(filter);
  }

  /**
   * Puts the dead letters that fit into their queues again, under their ids: all of them with `{}`, one with `{ id }`. Works
   * for a few milliseconds in each turn of the event loop. Letters that come after the call are left alone. Rejects with what
   * the functions of the filter throw.
   * @returns how many; those that found no room, or whose destination was closed meanwhile, stay dead letters
   */
  redrive(filter: DeadLetterFilter): Promise<number> {
    return this.deliveries.redrive(filter);
  }

  /** Removes the dead letters that fit, in turns as `redrive` does. @returns how many */
  purge(filter: DeadLetterFilter): Promise<number> {
    return this.deliveries.purge(filter);
  }
}

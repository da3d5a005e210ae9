import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';

/** An object that stores the dead letters of one path. */
export interface LetterHolder {
  /** Path of the node whose events these are. */
  readonly path: string;
  /** Number of letters. */
  readonly count: number;
  /** Number of letters that were lost at close because they were only in memory. */
  readonly lostAtClose: number;
  /**
   * Reads letters in the order in which they became dead letters.
   * @param visit returns false to stop
   */
  visit(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void;
  /**
   * Reads letters as `visit` does, a few milliseconds in each turn of the event loop. Waits for a
   * redrive or purge that is under way.
   */
  visitInTurns(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): Promise<void>;
  /**
   * Sends letters again, under their ids.
   * @returns number of letters; letters that cannot be sent now stay dead letters
   */
  redrive(filter: DeadLetterFilter): Promise<number>;
  /**
   * Removes letters.
   * @returns number of letters
   */
  purge(filter: DeadLetterFilter): Promise<number>;
}

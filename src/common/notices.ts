import type { LoggerService } from '@nestjs/common';
import { boundedKey } from './bounded-key';
import { cut, printable } from './printable';

/** Warnings whose keys are made by code: a kind of failure and a node, say. */
const MAX_NOTICES = 1000;
/** Warnings of one kind whose keys are made of what users send. */
const MAX_INPUT_NOTICES = 100;
const MAX_PART_LENGTH = 200;
const MAX_TEXT_LENGTH = 4000;

/** What a warning is about whose key is made of user input. Each has a budget of its own. */
export type InputNotice = 'replaced value' | 'event name' | 'context' | 'catalog violation';

/**
 * Logs each problem once: one that every event meets would fill the disk with its own reports. The ledger keeps the count.
 *
 * What users send can make any number of different warnings, which must not push out those about lost events: so there are two
 * methods, with separate budgets. Every line is bounded and printable, whatever stands in it: a line break in the key of a JSON
 * body would forge log lines. Nothing here throws: the logger is the application's, and may fail.
 */
export class Notices {
  private readonly fixed = new Set<string>();
  private readonly aboutInputs = new Map<InputNotice, Set<string> | 'exhausted'>();

  constructor(private readonly logger: LoggerService) {}

  /**
   * Warns once for each key.
   * @param key made by code alone: names of options, nodes and methods, never of events, fields or users
   * @param text made only when it is logged
   */
  once(key: string, text: () => string): void {
    if (this.fixed.size >= MAX_NOTICES) return;
    const known = boundedKey(key);
    if (!this.fixed.has(known)) this.warnOnce(this.fixed, known, text);
  }

  /**
   * Warns once for each combination of parts, at most 100 times for each kind; then says once that there is more.
   * @param parts what tells one warning from another, of any length and content; not called once the budget is spent
   * @param text made only when it is logged
   * @returns whether it was logged
   */
  aboutInput(kind: InputNotice, parts: () => readonly string[], text: () => string): boolean {
    const seen = this.aboutInputs.get(kind) ?? new Set();
    if (seen === 'exhausted') return false;
    const key = parts()
      .map((part) => cut(part, MAX_PART_LENGTH))
      .join('\n');
    if (seen.has(key)) return false;
    if (seen.size >= MAX_INPUT_NOTICES) {
      this.aboutInputs.set(kind, 'exhausted');
      this.warn(
        `there were ${MAX_INPUT_NOTICES} warnings of this kind (${kind}); further ones are not logged, but counted.`,
      );
      return false;
    }
    this.aboutInputs.set(kind, seen);
    this.warnOnce(seen, key, text);
    return true;
  }

  /** For a change of state: logged each time. */
  warn(text: string): void {
    try {
      this.logger.warn(printable(text, MAX_TEXT_LENGTH), 'Tracking');
    } catch {
      // There is nowhere left to report it.
    }
  }

  /** For a change for the better: logged each time, as information. */
  tell(text: string): void {
    try {
      this.logger.log(printable(text, MAX_TEXT_LENGTH), 'Tracking');
    } catch {
      // As above.
    }
  }

  private warnOnce(seen: Set<string>, key: string, text: () => string): void {
    seen.add(key); // before it is logged: a logger that emits would never come to its end
    try {
      this.logger.warn(printable(text(), MAX_TEXT_LENGTH), 'Tracking');
    } catch (error) {
      if (error instanceof RangeError) seen.delete(key); // at the end of the stack: it is logged the next time
    }
  }
}

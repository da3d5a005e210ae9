import type { LoggerService } from '@nestjs/common';
import { boundedKey } from './bounded-key';
import { cut, printable } from './printable';

/** Maximum number of warnings whose keys come from code, such as a kind of failure and a node. */
const MAX_NOTICES = 1000;
/** Maximum number of warnings of one kind whose keys come from user input. */
const MAX_INPUT_NOTICES = 100;
const MAX_PART_LENGTH = 200;
const MAX_TEXT_LENGTH = 4000;

/** Subject of a warning whose key comes from user input. Each subject has its own budget. */
export type InputNotice = 'replaced value' | 'event name' | 'context' | 'catalog violation';

/**
 * Logs each problem once, because a problem that every event has would fill the disk with log
 * lines. The ledger keeps the counts.
 *
 * User input can cause any number of different warnings, and these must not displace warnings about
 * lost events. Therefore there are two methods with separate budgets. Every line has a limited
 * length and is printable: a line break in the key of a JSON body would forge log lines. No method
 * throws, although the application's logger may.
 */
export class Notices {
  private readonly fixed = new Set<string>();
  private readonly aboutInputs = new Map<InputNotice, Set<string> | 'exhausted'>();

  constructor(private readonly logger: LoggerService) {}

  /**
   * Logs a warning once for each key.
   * @param key made only from names of options, nodes and methods, never from events, fields or
   * users
   * @param text creates the message; called only when it is logged
   */
  once(key: string, text: () => string): void {
    if (this.fixed.size >= MAX_NOTICES) return;
    const known = boundedKey(key);
    if (!this.fixed.has(known)) this.warnOnce(this.fixed, known, text);
  }

  /**
   * Logs a warning once for each combination of parts, at most 100 times for each kind. After that,
   * logs once that further warnings are only counted.
   * @param parts strings that distinguish one warning from another, of any length and content; not
   * called once the budget is used up
   * @param text creates the message; called only when it is logged
   * @returns true if the warning was logged
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

  /** Logs a warning about a change of state, each time it is called. */
  warn(text: string): void {
    try {
      this.logger.warn(printable(text, MAX_TEXT_LENGTH), 'Tracking');
    } catch {
      // The logger itself failed: there is no other place to report the error.
    }
  }

  /** Logs an improvement of the state as information, each time it is called. */
  tell(text: string): void {
    try {
      this.logger.log(printable(text, MAX_TEXT_LENGTH), 'Tracking');
    } catch {
      // The logger itself failed: there is no other place to report the error.
    }
  }

  private warnOnce(seen: Set<string>, key: string, text: () => string): void {
    seen.add(key); // before logging: a logger that emits would otherwise recurse endlessly
    try {
      this.logger.warn(printable(text(), MAX_TEXT_LENGTH), 'Tracking');
    } catch (error) {
      if (error instanceof RangeError) seen.delete(key); // stack overflow: log it the next time
    }
  }
}

import type { LoggerService } from '@nestjs/common';

const MAX_NOTICES = 1000;

/**
 * A fault that every event meets would fill the disk with its own report. So each fault is told once, under a key that says
 * what and where; the ledger keeps the count. Telling never throws: the logger is the application's, and may itself fail.
 */
export class Notices {
  private readonly told = new Set<string>();

  constructor(private readonly logger: LoggerService) {}

  /** Warns unless this key was told before. @param text made only when it is needed */
  once(key: string, text: () => string): void {
    if (this.told.has(key)) return;
    if (this.told.size >= MAX_NOTICES) return; // by then the log says it loudly enough, and keys may be made of user input
    this.told.add(key);
    this.warn(text());
  }

  /** For a change of state: each time it changes is worth a line. */
  warn(text: string): void {
    try {
      this.logger.warn(text, 'Tracking');
    } catch {
      // Nobody is left to tell.
    }
  }

  /** For a change for the better, and for how something ended well. */
  tell(text: string): void {
    try {
      this.logger.log(text, 'Tracking');
    } catch {
      // As above.
    }
  }
}

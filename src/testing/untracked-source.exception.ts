/**
 * Thrown when a source has no readable events: it has no tracking, tracking has not started, or no
 * backend stores events in memory.
 */
export class UntrackedSourceException extends Error {
  override readonly name = 'UntrackedSourceException';

  /** Use `create` instead. The constructor is public so that `toThrow` accepts the class. */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- takes one argument only
  constructor(message: string) {
    super(message);
  }

  static create(what: string, fix: string): UntrackedSourceException {
    return new UntrackedSourceException(`no events can be read: ${what}\n  Fix: ${fix}`);
  }
}

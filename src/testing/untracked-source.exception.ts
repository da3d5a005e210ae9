/** Events were asked of something that has none to show: tracking is not there, has not started, or keeps nothing in memory. */
export class UntrackedSourceException extends Error {
  override readonly name = 'UntrackedSourceException';

  /** Made by `create`; public so that `toThrow` takes the class. */
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- takes one argument only
  constructor(message: string) {
    super(message);
  }

  static create(what: string, fix: string): UntrackedSourceException {
    return new UntrackedSourceException(`no events can be read: ${what}\n  Fix: ${fix}`);
  }
}

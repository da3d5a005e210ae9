import { fixFor } from './log-file';

/** Logs a warning when a log becomes unwritable, and one when it is writable again. */
export class WritableNotice {
  private isTroubled = false;

  /**
   * @param target the log, as named in warnings
   * @param maxHeldBytes maximum size of the lines held while the log cannot be written
   * @param say logs a warning
   */
  constructor(
    private readonly target: string,
    private readonly maxHeldBytes: number,
    private readonly say: (text: string) => void,
  ) {}

  /** The log could not be opened or written. Repeated failures are not logged. */
  failed(error: Error): void {
    if (this.isTroubled) return;
    this.isTroubled = true;
    this.say(
      `${this.target} cannot be written (${error.message}). Lines are held up to ${String(this.maxHeldBytes)} bytes, ` +
        `then dropped ('log-unwritable'). Fix: ${fixFor(error)}; it is tried every second.`,
    );
  }

  /**
   * A chunk was written completely.
   * @param heldLines number of lines that are still to be written
   */
  succeeded(heldLines: number): void {
    if (!this.isTroubled) return;
    this.isTroubled = false;
    this.say(`${this.target} can be written again. Held lines that follow: ${String(heldLines)}.`);
  }
}

import { quoted } from '../common/printable';

const MAX_SHOWN = 20;

/** Error thrown when a context is left that is not open at that place. */
export class UnknownContextException extends Error {
  override readonly name = 'UnknownContextException';

  /** Use `create`. The constructor is public so that `@Catch` and `toThrow` accept the class. */
  constructor(
    message: string,
    readonly context: string,
    readonly openContexts: readonly string[],
  ) {
    super(message);
  }

  static create(context: string, openContexts: readonly string[]): UnknownContextException {
    const open =
      openContexts.length === 0
        ? 'none is open'
        : `open, innermost first: ${openContexts
            .slice(0, MAX_SHOWN)
            .map((name) => quoted(name))
            .join(', ')}`;
    return new UnknownContextException(
      `exitContext(${quoted(context)}) found no context with this name in the nearest open scope; ${open}.\n` +
        `  Fix: call exitContext in the function that entered it, or let tracker.context(${quoted(context)}, {...}, body) do both.`,
      context,
      openContexts,
    );
  }
}

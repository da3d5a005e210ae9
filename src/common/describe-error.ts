import { cut, printable } from './printable';

const MAX_LENGTH = 200;

/**
 * Describes an error in at most 200 characters on one line, for logs, reasons and values. The
 * length is limited because messages quote user input. Accepts any thrown value and never throws.
 */
export function describeError(error: unknown): string {
  try {
    return printable(textOf(error), MAX_LENGTH);
  } catch {
    return 'an error that cannot be read'; // a revoked proxy, or a message getter that throws
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error as { readonly name: unknown; readonly message: unknown };
  // Both are cut before they are joined: a message may have millions of characters.
  return `${cut(String(name), MAX_LENGTH)}: ${cut(String(message), MAX_LENGTH)}`;
}

import { cut, printable } from './printable';

const MAX_LENGTH = 200;

/**
 * An error in at most 200 characters on one line, for logs, reasons and values: messages quote what users send. Takes anything
 * that can be thrown, and never throws itself.
 */
export function describeError(error: unknown): string {
  try {
    return printable(textOf(error), MAX_LENGTH);
  } catch {
    return 'an error that cannot be read'; // a revoked proxy, or a message that throws
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error as { readonly name: unknown; readonly message: unknown };
  // Each is cut before they are joined: a message may have millions of characters.
  return `${cut(String(name), MAX_LENGTH)}: ${cut(String(message), MAX_LENGTH)}`;
}

import { printable } from '../common/printable';

/** Maximum length of a message, above any that a person has written. */
const MAX_LENGTH = 20_000;
const MAX_CAUSES = 3;

/**
 * Describes an error for the user of a command: all lines of its message, and the messages of
 * causes that add something. Use it only for errors of the application's own files, because the
 * contents of events must not be shown.
 */
export function describeInFull(error: unknown): string {
  const texts: string[] = [];
  for (let at = error, left = MAX_CAUSES; at !== undefined && left > 0; left--) {
    const text = textOf(at);
    if (!texts.some((known) => known.includes(text))) texts.push(text);
    at = at instanceof Error ? at.cause : undefined;
  }
  const [own = '', ...causes] = texts;
  return [own, ...causes.map((cause) => `  caused by ${cause}`)].join('\n');
}

function textOf(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const lines = text.slice(0, MAX_LENGTH).split('\n');
    return lines
      .map((line) => printable(line, MAX_LENGTH))
      .join('\n')
      .trimEnd();
  } catch {
    return 'an unreadable error';
  }
}

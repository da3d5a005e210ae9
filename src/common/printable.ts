/** Default maximum length of the result of `printable`, in UTF-16 units. */
const MAX_LENGTH = 100;

/** Default maximum length of a name in `quoted`, in UTF-16 units. */
const MAX_QUOTED_LENGTH = 60;

/**
 * Control characters move the cursor and change colors, direction marks reorder the displayed text,
 * separators end the line, and half a surrogate pair has no UTF-8 encoding.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Makes a string of unknown origin safe for a log line, an error, a terminal or a comment. The
 * result is on one line, has at most `maxLength` UTF-16 units (an ellipsis marks a cut), and shows
 * invisible characters as `\uXXXX`.
 * @param maxLength @default 100
 */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  // The first cut limits the work. The second one is needed because an escape replaces one unit by
  // six.
  return cut(cut(text, maxLength).replace(UNPRINTABLE, escaped), maxLength);
}

/**
 * Formats a name of unknown origin as a JSON string for a message: at most `maxLength` units of the
 * name, with escapes as in `printable`.
 * @param maxLength @default 60
 */
export function quoted(text: string, maxLength = MAX_QUOTED_LENGTH): string {
  return JSON.stringify(cut(text, maxLength)).replace(UNPRINTABLE, escaped);
}

/**
 * Cuts a string to at most `maxLength` UTF-16 units; `…` replaces the removed part. Never splits a
 * surrogate pair. A cut string shares no memory with `text`: V8 keeps the whole string in memory
 * while a slice of it is used.
 */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const end = Math.max(maxLength - 1, 0);
  const isSplit = end > 0 && isHighSurrogate(text.charCodeAt(end - 1));
  return copyOf(`${text.slice(0, isSplit ? end - 1 : end)}…`);
}

/** Copies a string. JSON preserves lone surrogates; UTF-8 does not. */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function escaped(character: string): string {
  let text = '';
  for (let at = 0; at < character.length; at++) {
    text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return text;
}

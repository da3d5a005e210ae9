/** Longest string that `printable` shows unless told otherwise, in UTF-16 units. */
const MAX_LENGTH = 100;

/** Longest name that `quoted` shows unless told otherwise, in UTF-16 units. */
const MAX_QUOTED_LENGTH = 60;

/**
 * Controls move the cursor and color the screen, direction marks reorder what is read, separators end the line, and half of a
 * surrogate pair has no UTF-8.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A string of unknown origin for a log line, an error, a terminal or a comment: on one line, at most `maxLength` UTF-16 units
 * long, cut with an ellipsis, and with `\uXXXX` for every character that is not seen.
 * @param maxLength  @default 100
 */
export function printable(text: string, maxLength = MAX_LENGTH): string {
  // Cut before, so that the work is bounded; and after, since an escape takes six units for one.
  return cut(cut(text, maxLength).replace(UNPRINTABLE, escaped), maxLength);
}

/**
 * A name of unknown origin as a JSON string for a message: at most `maxLength` units of it, with escapes as in `printable`.
 * @param maxLength  @default 60
 */
export function quoted(text: string, maxLength = MAX_QUOTED_LENGTH): string {
  return JSON.stringify(cut(text, maxLength)).replace(UNPRINTABLE, escaped);
}

/**
 * At most `maxLength` UTF-16 units of a string; where some are left out, the last one is `…`. Never splits a surrogate pair.
 * What was cut shares no memory with `text`: V8 keeps the whole of a string for as long as a slice of it is used.
 */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const end = Math.max(maxLength - 1, 0);
  const isSplit = end > 0 && isHighSurrogate(text.charCodeAt(end - 1));
  return copyOf(`${text.slice(0, isSplit ? end - 1 : end)}…`);
}

/** JSON keeps halves of surrogate pairs, which UTF-8 does not. */
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

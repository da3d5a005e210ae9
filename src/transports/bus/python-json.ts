/**
 * Reads JSON written by Python: integers of any length, and words for numbers that JSON does not
 * support.
 */

/** Matches digits that may form an integer of 2^53 or more, which JSON.parse would round. */
const HAS_LONG_INTEGER = /[1-9]\d{15}/;
/**
 * Matches such an integer where JSON allows one: not inside another number or a word, and not as a
 * key.
 */
const LONG_INTEGER = /(?<![\w.+-])-?[1-9]\d{15,}(?![\w.+-])(?!\s*:)/g;
const WORD = /-?\b(?:Infinity|NaN)\b/g;

/**
 * Parses JSON written by Python. An integer that a JavaScript number cannot represent becomes the
 * string of its digits. NaN and infinities become null. The time is linear in the length of the
 * string, which may be truncated anywhere.
 * @throws SyntaxError if the string is not valid JSON otherwise
 */
export function parsePythonJson(text: string): unknown {
  const exact = HAS_LONG_INTEGER.test(text) ? replaceOutsideStrings(text, LONG_INTEGER, quoted) : text;
  try {
    return JSON.parse(exact);
  } catch (error) {
    if (!exact.includes('NaN') && !exact.includes('Infinity')) throw error;
    return JSON.parse(withoutPythonNumbers(exact));
  }
}

/**
 * Returns the string with null in place of NaN and infinities. Numbers made of digits stay
 * unchanged.
 */
export function withoutPythonNumbers(text: string): string {
  return replaceOutsideStrings(text, WORD, () => 'null');
}

function quoted(integer: string): string {
  return Number.isSafeInteger(Number(integer)) ? integer : `"${integer}"`;
}

/**
 * Replaces matches outside string literals. A literal without a closing quote extends to the end.
 */
function replaceOutsideStrings(text: string, pattern: RegExp, replacement: (found: string) => string): string {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const quote = text.indexOf('"', from);
    const outside = quote < 0 ? text.length : quote;
    parts.push(text.slice(from, outside).replace(pattern, replacement));
    from = endOfString(text, outside);
    parts.push(text.slice(outside, from));
  }
  return parts.join('');
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Returns the position after the closing quote of a string literal.
 * @param start position of the opening quote, or the length of `text`
 */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

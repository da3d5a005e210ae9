/** Reads JSON as Python writes it: with integers of any length, and with words for numbers that JSON does not have. */

/** From 2^53 on JSON.parse would round an integer to another number. */
const HAS_LONG_INTEGER = /[1-9]\d{15}/;
/** Such an integer where JSON can have one: not a part of another number or of a word, and not in the place of a key. */
const LONG_INTEGER = /(?<![\w.+-])-?[1-9]\d{15,}(?![\w.+-])(?!\s*:)/g;
const WORD = /-?\b(?:Infinity|NaN)\b/g;

/**
 * An integer that a number of JavaScript cannot hold is read as the string of its digits; NaN and infinities are null. Linear in
 * the length of the text, which may be cut off anywhere.
 * @throws SyntaxError for what is no JSON otherwise
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

/** The same text with null for NaN and infinities; numbers that are digits stay as they are. */
export function withoutPythonNumbers(text: string): string {
  return replaceOutsideStrings(text, WORD, () => 'null');
}

function quoted(integer: string): string {
  return Number.isSafeInteger(Number(integer)) ? integer : `"${integer}"`;
}

/** A string without an end reaches to the end of the text. */
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

/** @param start position of the opening quote, or the length of the text */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

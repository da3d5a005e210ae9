import { splitChars, textOfChars, type FilterChar } from './filter-text';

/** Tests a text, ignoring case. */
export type TextTest = (text: string) => boolean;

/** Parts of a value around its wildcards. An escaped `*` is a character like any other. */
export function patternOf(chars: readonly FilterChar[]): string[] {
  return splitChars(chars, '*', ({ isEscaped }) => !isEscaped).map(textOfChars);
}

/**
 * Creates a test for a text that has these parts, with anything between them. It compares part by
 * part instead of with a regular expression, so its time is bounded by the lengths of both.
 * @param parts one part for an exact match; the first and the last one are at the ends of the text
 */
export function wildcard(parts: readonly string[]): TextTest {
  const [first = '', ...others] = parts.map((part) => part.toLowerCase());
  const last = others.pop();
  if (last === undefined) return (text) => text.toLowerCase() === first;
  return (given) => {
    const text = given.toLowerCase();
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
    let from = first.length;
    const end = text.length - last.length;
    for (const part of others) {
      const found = text.indexOf(part, from);
      if (found < 0 || found + part.length > end) return false;
      from = found + part.length;
    }
    return true;
  };
}

import { isMapping } from './learning-event';

/** Shortest string that is looked for; shorter ones occur in any text. */
const MIN_LENGTH = 3;

/**
 * Returns a function that replaces the strings of a value in a text, for messages of a server that
 * quote what they refuse. The texts in `shown` stay.
 */
export function redactorOf(value: unknown, shown: readonly (string | undefined)[]): (text: string) => string {
  const found = new Set<string>();
  collect(value, found);
  for (const text of shown) if (text !== undefined) found.delete(text);
  const longestFirst = [...found].sort((left, right) => right.length - left.length);
  return (text) => longestFirst.reduce((left, each) => left.replaceAll(each, '…'), text);
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value === 'string' && value.length >= MIN_LENGTH) found.add(value);
  else if (Array.isArray(value)) for (const each of value) collect(each, found);
  else if (isMapping(value)) for (const each of Object.values(value)) collect(each, found);
}

import type { OptionPlace } from '../common/option-place';
import { showValue } from '../common/show-value';
import { isIterable } from '../common/value-kinds';

export const STRING_LIST = 'a list of strings';

/**
 * Reads an option that is a list, a set or another iterable of strings. A string is refused, since
 * it iterates as a list of characters: "edx" would match every name that starts with e, d or x.
 * @param list undefined counts as an empty list
 */
export function readStrings(list: unknown, place: OptionPlace): ReadonlySet<string> {
  if (list === undefined) return new Set();
  if (!isIterable(list)) {
    place.reject(showValue(list), STRING_LIST);
    return new Set();
  }
  const strings = new Set<string>();
  for (const item of list) {
    if (typeof item === 'string') strings.add(item);
    else place.add(`contains ${showValue(item)}; expected a string.`);
  }
  return strings;
}

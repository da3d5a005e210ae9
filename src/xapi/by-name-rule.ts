import type { OptionPlace } from '../common/option-place';
import { showKind } from '../common/show-value';
import { isFunction, isObject } from '../common/value-kinds';

/**
 * Checks an object that has a value for each event name.
 * @param expected what is expected instead of another value
 * @param check checks one value at its place
 * @param fix how to correct one value; without it, how to correct the whole
 */
export function checkByName(
  given: unknown,
  place: OptionPlace,
  expected: string,
  check: (value: unknown, at: OptionPlace) => void,
  fix?: string,
): void {
  if (!isObject(given)) {
    place.reject(showKind(given), expected);
    return;
  }
  for (const [name, value] of Object.entries(given)) check(value, place.inside(`["${name}"]`, fix));
}

/**
 * Checks rows by event name, each a function or an object.
 * @param fix an example of a row
 * @param checkRow checks one row that is an object
 */
export function checkRowsByName(
  rows: unknown,
  place: OptionPlace,
  fix: string,
  checkRow: (row: Readonly<Record<string, unknown>>, at: OptionPlace) => void,
): void {
  const check = (row: unknown, at: OptionPlace): void => {
    if (isObject(row)) checkRow(row, at);
    else if (!isFunction(row)) at.reject(showKind(row), 'a row or a function');
  };
  checkByName(rows, place, 'rows by event name', check, fix);
}

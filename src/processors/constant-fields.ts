import { DEFAULT_LIMITS, toNormalForm } from '../event/normal-form';
import type { EventFields } from '../event/tracking-event';
import type { OptionPlace } from '../common/option-place';
import { showValue } from '../common/show-value';
import { isObject } from '../common/value-kinds';

/**
 * Reads an option whose values are written into events, and brings them to normal form. undefined
 * counts as {}.
 */
export function readFields(given: unknown, place: OptionPlace): EventFields {
  if (given === undefined) return {};
  if (!isObject(given)) {
    place.reject(showValue(given), 'an object of values by name');
    return {};
  }
  const form = toNormalForm(given, DEFAULT_LIMITS, (kind, at) => {
    const path = at.path();
    const value = path === '' ? place : place.inside(path);
    value.add(`has no JSON form (${kind}).`, 'use strings, numbers, booleans, dates, and objects and lists of these');
  });
  return form as EventFields;
}

import { View } from '../context/view';
import type { ContextView } from '../event/envelope';
import { setField } from '../event/normal-form';
import type { EventFields } from '../event/tracking-event';

/**
 * Returns data with other fields added to its own. Existing fields stay unless `overrides`; the
 * order of the first object is kept.
 * @returns `fields` itself if it already has all the others
 */
export function withFields(fields: EventFields, others: EventFields, overrides: boolean): EventFields {
  const added = overrides ? others : newTo((key) => Object.hasOwn(fields, key), others);
  if (Object.keys(added).length === 0) return fields;
  const together: EventFields = {};
  // Key by key: V8 takes ten times as long to add fields to the result of `{ ...fields }`.
  for (const part of [fields, added]) for (const key of Object.keys(part)) setField(together, key, part[key]);
  return together;
}

/**
 * Adds fields to a context without building its values. If fields are only added, the existing JSON
 * of the context is reused.
 */
export function withContext(context: ContextView, others: EventFields, overrides: boolean): ContextView {
  const added = overrides ? others : newTo((key) => context.get(key) !== undefined, others);
  return Object.keys(added).length === 0 ? context : new View(context, added);
}

/**
 * Selects the fields that are new.
 * @returns `others` itself if all are new
 */
function newTo(has: (key: string) => boolean, others: EventFields): EventFields {
  const keys = Object.keys(others);
  if (!keys.some(has)) return others;
  const added: EventFields = {};
  for (const key of keys) if (!has(key)) setField(added, key, others[key]);
  return added;
}

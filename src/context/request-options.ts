import type { OptionPlace, OptionRules } from '../common/option-place';
import { anything, checked, oneOf, optionsOf, text } from '../common/option-rules';
import { optionName, showKind, showOption, showValue } from '../common/show-value';
import { isFunction, isObject, isText } from '../common/value-kinds';
import type { RequestContextOptions } from './request-context-options';
import { REQUEST_FIELDS } from './request-fields';

type HashOptions = NonNullable<RequestContextOptions['hash']>;

const FIELD_FIX = "ip: false, or ip: 'another_name', or ip: (request) => ...";
const HASH_FIX = "hash: { fields: ['user_id'], key: config.getOrThrow('TRACKING_HASH_KEY') }";

/** The list is checked by `checkHashed`, since it depends on the other options. */
const HASH: OptionRules<HashOptions> = {
  fields: anything(),
  key: text({
    isRequired: true,
    expected: 'a string that only the operator knows: without it, anyone can hash all user ids and compare',
    fix: HASH_FIX,
    show: showKind,
  }),
};

const RULES: OptionRules<RequestContextOptions> = {
  forRoutes: anything(),
  exclude: anything(),
  fields: checked('an object', checkFields, { fix: 'fields: { ip: false }' }),
  afterResponse: oneOf(['keep', 'mark', 'drop'], { fix: "afterResponse: 'mark'" }),
  hash: optionsOf(HASH, { expected: 'an object', fix: HASH_FIX }),
};

/**
 * Checks the request context options, false included. A misspelled name would otherwise have no
 * effect, and the field that should be omitted or hashed would be written into every event.
 * Therefore each name must be a known one.
 */
export function checkRequestContext(options: unknown, place: OptionPlace): void {
  if (options === false) return;
  if (!isObject(options)) {
    place.reject(showValue(options), 'an object or false');
    return;
  }
  place.checkOptions(options, RULES);
  checkHashed(options, place);
}

function checkFields(fields: unknown, place: OptionPlace): void {
  if (!isObject(fields)) {
    place.reject(showValue(fields), 'an object');
    return;
  }
  for (const [name, change] of Object.entries(fields)) {
    const field = place.inside(optionName(name, REQUEST_FIELDS), FIELD_FIX);
    if (change === undefined || isFunction(change)) continue;
    if (change !== false && !isText(change)) field.reject(showValue(change), 'false, a new name, or a function');
    else if (!REQUEST_FIELDS.includes(name)) {
      field.add(`is not a field of the request; known fields: ${REQUEST_FIELDS.join(', ')}.`, 'name one of them');
    }
  }
}

/** Checks the names of the hashed fields, which `fields` can change and extend. */
function checkHashed({ fields, hash }: Readonly<Record<string, unknown>>, place: OptionPlace): void {
  if (!isObject(hash)) return;
  const changes = isObject(fields) ? fields : {};
  const renamed = Object.values(changes).filter((change) => typeof change === 'string');
  const known = [...new Set([...REQUEST_FIELDS, ...Object.keys(changes), ...renamed])];
  const names: readonly unknown[] = Array.isArray(hash['fields']) ? hash['fields'] : [hash['fields']];
  const at = place.inside('hash').inside('fields', HASH_FIX);
  for (const name of names) {
    if (typeof name === 'string' && known.includes(name)) continue;
    const shown = typeof name === 'string' ? showOption(name, known) : showValue(name);
    at.reject(shown, `a field: ${known.map((each) => optionName(each)).join(', ')}`);
  }
}

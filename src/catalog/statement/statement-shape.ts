/** What the parts of a statement look like: used for constants, and for what functions return. */
import { optionName } from '../../common/show-value';
import { isObject } from '../../common/value-kinds';

/** Kind of a single value. `words` is text, or text by language. */
export type ValueKind = 'iri' | 'text' | 'words' | 'flag' | 'number' | 'duration' | 'json';

export type StatementShape = ValueKind | FieldShape | EntryShape;

export interface FieldShape {
  readonly fields: Readonly<Record<string, StatementShape>>;
  /** Fields without which there is no such part. */
  readonly needs: readonly string[];
}

/** An object with keys of one kind. */
export interface EntryShape {
  readonly entries: ValueKind;
  readonly keys: 'iri' | 'language';
}

const EXTENSIONS: EntryShape = { entries: 'json', keys: 'iri' };
const BY_LANGUAGE: EntryShape = { entries: 'text', keys: 'language' };

const ACTIVITY: FieldShape = {
  fields: { id: 'iri', type: 'iri', name: 'words', description: 'words', extensions: EXTENSIONS },
  needs: ['id'],
};

const SCORE: FieldShape = { fields: { min: 'number', max: 'number', raw: 'number', scaled: 'number' }, needs: [] };

/** Shapes of the four parts. */
export const STATEMENT: FieldShape & { readonly fields: Readonly<Record<string, FieldShape>> } = {
  fields: {
    verb: { fields: { id: 'iri', display: 'words' }, needs: ['id'] },
    object: ACTIVITY,
    result: {
      fields: {
        ...{ success: 'flag', completion: 'flag', duration: 'duration', response: 'text' },
        ...{ score: SCORE, extensions: EXTENSIONS },
      },
      needs: [],
    },
    context: { fields: { extensions: EXTENSIONS, grouping: ACTIVITY, course: 'flag' }, needs: [] },
  },
  needs: ['verb', 'object'],
};

const EXPECTED: Readonly<Record<ValueKind, string>> = {
  iri: 'an absolute IRI',
  text: 'a string that is not empty',
  words: 'a string, or strings by language',
  flag: 'true or false',
  number: 'a finite number',
  duration: 'an ISO 8601 duration such as PT3M15S',
  json: 'a JSON value',
};

const ACCEPTS: Readonly<Record<ValueKind, (value: unknown) => boolean>> = {
  iri: isAbsoluteIri,
  text: (value) => typeof value === 'string' && value !== '',
  words: (value) => typeof value === 'string' && value !== '',
  flag: (value) => typeof value === 'boolean',
  number: (value) => Number.isFinite(value),
  duration: (value) => typeof value === 'string' && /^P(?=.)(\d+[YMWD])*(T(\d+([.,]\d+)?[HMS])+)?$/.test(value),
  json: isJson,
};

function isJson(value: unknown): boolean {
  return (
    typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint' && !(value instanceof Promise)
  );
}

/** True for a scheme with something after it, without characters that no IRI has. */
export function isAbsoluteIri(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}<>"{}|\\^`]+$/iu.test(value) &&
    (!/^https?:/i.test(value) || /^https?:\/\/[^/?#]/i.test(value))
  );
}

/** Shape of an object in place of a value; undefined if only a single value fits. */
export function objectShape(shape: StatementShape): FieldShape | EntryShape | undefined {
  if (typeof shape !== 'string') return shape;
  return shape === 'words' ? BY_LANGUAGE : undefined;
}

export function expectedFor(shape: StatementShape): string {
  if (typeof shape === 'string') return EXPECTED[shape];
  return 'fields' in shape ? `an object with ${Object.keys(shape.fields).join(', ')}` : 'values by absolute IRI';
}

/** Returns what is wrong with a key; undefined if it fits. */
export function keyError({ keys }: EntryShape, key: string): string | undefined {
  if (keys === 'iri') return isAbsoluteIri(key) ? undefined : 'it is no absolute IRI';
  return /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/i.test(key) ? undefined : 'it is no language tag';
}

export function fits(kind: ValueKind, value: unknown): boolean {
  return value !== undefined && ACCEPTS[kind](value);
}

/** First misfit in a value that a function returned. */
export interface Misfit {
  /** Path below the value: `score.raw`; '' for the value itself. */
  readonly at: string;
  readonly expected: string;
  readonly value: unknown;
}

/** Finds what does not fit. Fields that are undefined or null are missing, not wrong. */
export function misfitOf(value: unknown, shape: StatementShape, at = ''): Misfit | undefined {
  const misfit = { at, expected: expectedFor(shape), value };
  const inside = objectShape(shape);
  if (typeof shape === 'string' && (inside === undefined || !isObject(value)))
    return fits(shape, value) ? undefined : misfit;
  if (inside === undefined || !isObject(value)) return misfit;
  for (const [key, each] of Object.entries(value)) {
    if (isMissing(each)) continue;
    // A key that a function made may be a value of the event.
    const shown = 'fields' in inside ? optionName(key, Object.keys(inside.fields)) : optionName(key);
    const path = at === '' ? shown : `${at}.${shown}`;
    const below = shapeOf(inside, key);
    if (below === undefined) return { at: path, expected: expectedFor(shape), value: each };
    const found = misfitOf(each, below, path);
    if (found !== undefined) return found;
  }
  const missing = 'needs' in inside ? inside.needs.find((key) => isMissing(value[key])) : undefined;
  if (missing === undefined) return undefined;
  return { at: at === '' ? missing : `${at}.${missing}`, expected: 'a value', value: undefined };
}

export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Shape of the value of a key; undefined if there is no such key. */
export function shapeOf(shape: FieldShape | EntryShape, key: string): StatementShape | undefined {
  if ('entries' in shape) return keyError(shape, key) === undefined ? shape.entries : undefined;
  return Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
}

import type { FieldProfile } from './field-profile';
import { ANY, type PersonalField } from './personal-fields';

/** Shape of the values at a place, independent of a schema library. */
export type Shape =
  | { readonly kind: 'unknown' | 'text' | 'date-time' | 'integer' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape }
  | ObjectShape
  | { readonly kind: 'union'; readonly of: readonly Shape[] }
  | { readonly kind: 'nullable'; readonly of: Shape };

export interface ObjectShape {
  readonly kind: 'object';
  readonly fields: readonly ShapeField[];
  /** True if the object has other fields, which are not named. */
  readonly isOpen: boolean;
}

export interface ShapeField {
  readonly key: string;
  readonly shape: Shape;
  readonly isOptional: boolean;
}

const UNKNOWN: Shape = { kind: 'unknown' };

/** Returns the narrowest shape that accepts all values of a profile. */
export function shapeOf(profile: FieldProfile, personal: readonly PersonalField[]): Shape {
  if (profile.unreadable > 0) return UNKNOWN;
  const shapes = [
    ...textShapes(profile, personal),
    ...numberShapes(profile),
    ...(profile.booleans > 0 ? [{ kind: 'boolean' } as const] : []),
    ...(profile.arrays > 0 ? [listShape(profile, personal)] : []),
    ...(profile.objects > 0 ? [objectShape(profile, personal)] : []),
  ];
  const [first, ...others] = shapes;
  if (first === undefined) return profile.nulls > 0 ? { kind: 'null' } : UNKNOWN;
  if (shapes.some(({ kind }) => kind === 'unknown')) return UNKNOWN;
  const all: Shape = others.length === 0 ? first : { kind: 'union', of: shapes };
  return profile.nulls > 0 ? { kind: 'nullable', of: all } : all;
}

function textShapes({ texts, dateTimes }: FieldProfile, personal: readonly PersonalField[]): Shape[] {
  if (texts.count === 0) return [];
  if (dateTimes === texts.count) return [{ kind: 'date-time' }];
  // A few values of a personal field identify people.
  const values = personal.some(({ steps }) => steps.length === 0) ? undefined : texts.choices();
  return [values === undefined ? { kind: 'text' } : { kind: 'choice', values }];
}

function numberShapes({ integers, fractions }: FieldProfile): Shape[] {
  if (fractions > 0) return [{ kind: 'number' }];
  return integers > 0 ? [{ kind: 'integer' }] : [];
}

function listShape(profile: FieldProfile, personal: readonly PersonalField[]): Shape {
  if (profile.isBottom) return UNKNOWN;
  const { items } = profile;
  return { kind: 'list', items: items === undefined ? UNKNOWN : shapeOf(items, below(personal, ANY)) };
}

function objectShape(profile: FieldProfile, personal: readonly PersonalField[]): Shape {
  if (profile.isBottom) return UNKNOWN;
  const { fields, values, isOpen } = profile;
  if (fields === undefined) {
    const isKnown = values !== undefined && !isOpen;
    return { kind: 'map', values: isKnown ? shapeOf(values, below(personal, ANY)) : UNKNOWN };
  }
  return fieldsShape(fields, profile.objects, isOpen, personal);
}

/**
 * Returns the shape of an object.
 * @param objects number of objects in the profile
 */
export function fieldsShape(
  fields: ReadonlyMap<string, FieldProfile>,
  objects: number,
  isOpen: boolean,
  personal: readonly PersonalField[],
): ObjectShape {
  const all = [...fields].map(([key, field]) => ({
    key,
    shape: shapeOf(field, below(personal, key)),
    isOptional: field.count < objects,
  }));
  // A schema would refuse an object without its own `constructor`, because it reads the inherited
  // one.
  const named = all.filter(({ key, isOptional }) => !isOptional || !(key in Object.prototype));
  return { kind: 'object', fields: named, isOpen: isOpen || named.length < all.length };
}

function below(fields: readonly PersonalField[], step: string | typeof ANY): PersonalField[] {
  return fields.flatMap((field) => {
    // all nested fields of a personal field are personal
    if (field.steps.length === 0) return [field];
    // A path with `*` marks the fields of an object too, which may be next to lists in one place.
    return field.steps[0] === step || field.steps[0] === ANY ? [{ ...field, steps: field.steps.slice(1) }] : [];
  });
}

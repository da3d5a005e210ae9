import { showInFull } from '../../common/tracking-config.exception';
import type { Alternative, Bound, KindShape, ListShape, NumberShape, ObjectShape, Shape, TextShape } from './shape';
import { isAnything } from './shape-reader';

const MAX_VALUES = 8;

/**
 * Describes the allowed values in terms of JSON Schema: `integer | null`, `"audit" | "verified"`.
 */
export function describeShape(shape: Shape): string {
  if (shape.size === 0) return 'nothing';
  if (isAnything(shape)) return 'anything';
  const words = [...shape.values()].flatMap(wordsOfKind);
  return [...words.filter((word) => word !== 'null'), ...words.filter((word) => word === 'null')].join(' | ');
}

export function describeValues(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_VALUES).map(showInFull);
  const left = values.length - shown.length;
  return [...shown, ...(left > 0 ? [`${String(left)} more`] : [])].join(' | ');
}

/** Describes the allowed values of one JSON type. */
export function describeKind(shape: KindShape): string {
  return wordsOfKind(shape).join(' | ');
}

function wordsOfKind({ values: listed, alternatives }: KindShape): string[] {
  const values = [...new Map(listed.map(({ text, value }) => [text, value])).values()];
  const isBoolean = values.length === 2 && values.every((value) => typeof value === 'boolean');
  const words = values.length === 0 ? [] : [isBoolean ? 'boolean' : describeValues(values)];
  return [...new Set([...words, ...alternatives.map(describeAlternative)])];
}

export function describeAlternative(alternative: Alternative): string {
  switch (alternative.kind) {
    case 'number':
      return named(alternative.isInteger ? 'integer' : 'number', limitsOfNumber(alternative));
    case 'string':
      return named('string', limitsOfText(alternative));
    case 'array':
      return named('list', limitsOfList(alternative));
    case 'object':
      return named('object', fieldsOf(alternative));
  }
}

function named(name: string, limits: readonly string[]): string {
  return limits.length === 0 ? name : `${name} (${limits.join(', ')})`;
}

function limitsOfNumber({ lower, upper, steps }: NumberShape): string[] {
  return [
    ...(lower === undefined ? [] : [describeBound(lower, 'from', 'above')]),
    ...(upper === undefined ? [] : [describeBound(upper, 'to', 'below')]),
    ...steps.map((step) => `multiple of ${String(step)}`),
  ];
}

export function describeBound({ value, isExclusive }: Bound, inclusive: string, exclusive: string): string {
  return `${isExclusive ? exclusive : inclusive} ${String(value)}`;
}

function limitsOfText({ minLength, maxLength, patterns, formats }: TextShape): string[] {
  return [...formats, ...countsOf(minLength, maxLength, 'characters'), ...patterns.map((pattern) => `/${pattern}/`)];
}

function limitsOfList({ minItems, maxItems, places }: ListShape): string[] {
  return [
    ...(places.length === 0 ? [] : [`${String(places.length)} places`]),
    ...countsOf(minItems, maxItems, 'items'),
  ];
}

function fieldsOf({ fields, patterns }: ObjectShape): string[] {
  const names = [...[...fields.keys()].sort(), ...[...patterns.keys()].map((pattern) => `/${pattern}/`)];
  return names.length > MAX_VALUES ? [...names.slice(0, MAX_VALUES), '…'] : names;
}

function countsOf(least: number, most: number, of: string): string[] {
  if (least === 0 && most === Infinity) return [];
  if (least === most) return [`${String(least)} ${of}`];
  if (most === Infinity) return [`at least ${String(least)} ${of}`];
  return [least === 0 ? `at most ${String(most)} ${of}` : `${String(least)} to ${String(most)} ${of}`];
}

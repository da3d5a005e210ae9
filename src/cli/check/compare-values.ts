import { breaking, harmless, type Change } from './change';
import { describeKind, describeValues } from './describe-shape';
import { allows, conditionsOf, type ReadShape } from './judge-value';
import type { KindShape, ListedValue } from './shape';

/** What one schema allows of one JSON type. */
interface Side {
  readonly shape: KindShape;
  readonly read: ReadShape;
}

/** Compares the listed values. */
export function compareValues(was: Side, is: Side): Change[] {
  const added = notIn(was, is.shape.values);
  const gone = notIn(is, was.shape.values);
  if (isNone(added) && isNone(gone)) return [];
  const facts = { path: '', was: describeKind(was.shape), is: describeKind(is.shape) };
  return [
    ...(added.missing.length === 0
      ? []
      : [breaking('values-added', { ...facts, what: listing('added', added.missing) })]),
    ...(gone.missing.length === 0
      ? []
      : [harmless('values-removed', { ...facts, what: listing('removed', gone.missing) })]),
    ...(added.conditional.length === 0
      ? []
      : [breaking('constraint-changed', { ...conditions(was, is, added.conditional), what: 'constraint changed' })]),
    ...(added.conditional.length > 0 || gone.conditional.length === 0
      ? []
      : [harmless('constraint-added', conditions(was, is, gone.conditional))]),
  ];
}

interface Missing {
  /** Values that are not allowed under any condition. */
  readonly missing: readonly unknown[];
  /** Values that are allowed under other conditions. */
  readonly conditional: readonly ListedValue[];
}

function isNone({ missing, conditional }: Missing): boolean {
  return missing.length + conditional.length === 0;
}

function notIn({ shape, read }: Side, values: readonly ListedValue[]): Missing {
  const same = new Set(shape.values.map(keyOf));
  const texts = new Set(shape.values.map(({ text }) => text));
  const others = values.filter((value) => !same.has(keyOf(value)) && !allows(shape, value, read));
  const isConditional = ({ value, text }: ListedValue): boolean =>
    texts.has(text) || shape.alternatives.some((each) => conditionsOf(value, each, read) !== undefined);
  return {
    missing: others.filter((value) => !isConditional(value)).map(({ value }) => value),
    conditional: others.filter(isConditional),
  };
}

function keyOf({ text, others }: ListedValue): string {
  return `${text} ${others.join(' ')}`;
}

function conditions(was: Side, is: Side, values: readonly ListedValue[]): { path: string; was: string; is: string } {
  const texts = new Set(values.map(({ text }) => text));
  const shown = ({ shape }: Side): string =>
    [...new Set(shape.values.filter(({ text }) => texts.has(text)).flatMap(({ others }) => others))].join(', ') ||
    'none';
  return { path: '', was: shown(was), is: shown(is) };
}

function listing(verb: string, values: readonly unknown[]): string {
  return `${values.length === 1 ? 'value' : 'values'} ${verb}: ${describeValues(values)}`;
}

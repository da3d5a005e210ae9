import type { Change } from './change';
import { fieldOf, textOfShape, type Alternative, type Shape } from './shape';
import type { ShapeReader } from './shape-reader';

/** Result of matching the alternatives of two schemas. */
interface Pairs {
  readonly together: readonly (readonly [was: Alternative, is: Alternative])[];
  readonly gone: readonly Alternative[];
  readonly added: readonly Alternative[];
}

/** Alternatives of one JSON type in one schema. */
export interface Side {
  readonly alternatives: readonly Alternative[];
  readonly reader: ShapeReader;
}

/**
 * Matches new alternatives with old ones. A new alternative first goes to the first old one that
 * allows everything that it allows. The remaining ones go to the most similar remaining old one.
 * @param changesBetween returns the changes to report if two alternatives are matched
 * @returns undefined if there are too many to compare
 */
export function pairAlternatives(
  was: Side,
  is: Side,
  changesBetween: (was: Alternative, is: Alternative) => readonly Change[],
): Pairs | undefined {
  const same = sameIn(was, is, changesBetween);
  const changed = is.alternatives.filter((each) => !same.has(each));
  if (!is.reader.effort.canCompare(changed.length * was.alternatives.length)) return undefined;
  const canBelong = tagsMatch(was, is);
  const candidates = changed.map((each) => ({
    is: each,
    options: was.alternatives
      .filter((other) => canBelong(other, each))
      .map((other) => ({ was: other, ...weightOf(changesBetween(other, each)) }))
      .sort((a, b) => a.breaking - b.breaking || a.all - b.all),
  }));
  const together: (readonly [Alternative, Alternative])[] = [];
  const taken = new Set<Alternative>();
  const placed = new Set<Alternative>();
  const take = (one: Alternative, other: Alternative): void => {
    together.push([one, other]);
    taken.add(one);
    placed.add(other);
  };
  for (const [each, other] of same) take(other, each);
  for (const { is: each, options } of candidates) if (options[0]?.breaking === 0) take(options[0].was, each);
  for (const { is: each, options } of candidates) {
    const option = placed.has(each) ? undefined : options.find((other) => !taken.has(other.was));
    if (option !== undefined) take(option.was, each);
  }
  return {
    together,
    gone: was.alternatives.filter((each) => !taken.has(each)),
    added: is.alternatives.filter((each) => !placed.has(each)),
  };
}

/**
 * Maps new alternatives to old ones with the same text between which nothing changed. New ones
 * without such a match are left out. Matched ones are not compared with all the others, so long
 * unions stay fast.
 */
function sameIn(
  was: Side,
  is: Side,
  changesBetween: (was: Alternative, is: Alternative) => readonly Change[],
): ReadonlyMap<Alternative, Alternative> {
  const byText = new Map(was.alternatives.map((each) => [textOfShape(each), each]));
  return new Map(
    is.alternatives.flatMap((each) => {
      const other = byText.get(textOfShape(each));
      return other !== undefined && changesBetween(other, each).length === 0 ? [[each, other] as const] : [];
    }),
  );
}

function weightOf(changes: readonly Change[]): { readonly breaking: number; readonly all: number } {
  return { breaking: changes.filter(({ isBreaking }) => isBreaking).length, all: changes.length };
}

/** Values of the required fields that allow only listed values, by field name. */
type Listed = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Keeps objects with different tags apart: `kind: "a"` and `kind: "b"`. A field is a tag if it
 * distinguishes the alternatives of one side. A new value in the only alternative is a change of
 * that field.
 */
function tagsMatch(was: Side, is: Side): (was: Alternative, is: Alternative) => boolean {
  const listed = new Map(
    [was, is].flatMap((side) => side.alternatives.map((each) => [each, listedIn(each, side.reader)])),
  );
  const of = (each: Alternative): Listed => listed.get(each) ?? new Map();
  const tags = new Set([was, is].flatMap(({ alternatives }) => tagsOf(alternatives.map(of))));
  return (one, other) => {
    if (one.kind !== other.kind) return false;
    const [before, after] = [of(one), of(other)];
    return [...before].every(([name, values]) => {
      const now = after.get(name);
      return !tags.has(name) || now === undefined || !areApart(values, now);
    });
  };
}

function tagsOf(alternatives: readonly Listed[]): string[] {
  const names = new Set(alternatives.flatMap((each) => [...each.keys()]));
  return [...names].filter((name) => {
    const lists = alternatives.flatMap((each) => each.get(name) ?? []);
    const [first] = lists;
    return first !== undefined && lists.some((each) => areApart(each, first));
  });
}

function listedIn(alternative: Alternative, reader: ShapeReader): Listed {
  if (alternative.kind !== 'object') return new Map();
  return new Map(
    alternative.required.flatMap((name) => {
      const values = valuesOf(reader.shapeOf(fieldOf(alternative, name)));
      return values.size === 0 ? [] : [[name, values] as const];
    }),
  );
}

/** Returns the values of a place that allows only listed values; otherwise empty. */
function valuesOf(shape: Shape): ReadonlySet<string> {
  const kinds = [...shape.values()];
  if (kinds.some(({ alternatives }) => alternatives.length > 0)) return new Set();
  return new Set(kinds.flatMap(({ values }) => values.map(({ text }) => text)));
}

function areApart(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((text) => !b.has(text));
}

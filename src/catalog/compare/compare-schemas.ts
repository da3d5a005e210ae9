/**
 * A tool that compares two descriptions of events as texts finds that something is different, and one that asks whether old
 * readers can still parse them calls a removed field harmless. What readers of events rely on is more: that a field is there,
 * that it holds no type and no value which it did not hold, that it says what it said. So this asks of each place whether all
 * that may stand there now could stand there before; if not, that breaks a reader. Besides, a declared field that goes and a
 * field that becomes required break one too: the first for queries to come, the second for those over events that are stored.
 * What cannot be judged is taken to break.
 */
import { canonicalJson } from '../canonical-json';
import { isSchema, resolveRef, type JsonSchema } from '../json-schema';
import { breaking, harmless, type Change } from './change';
import { describeAlternative, describeBound, describeShape, describeValues } from './describe-shape';
import {
  allows,
  fieldOf,
  isNothing,
  isWithin,
  shapeOf,
  type Alternative,
  type Bound,
  type Conjunction,
  type Kind,
  type KindShape,
  type ListShape,
  type NumberShape,
  type ObjectShape,
  type Shape,
  type TextShape,
} from './schema-shape';

/**
 * What is different between two schemas, for whoever reads the values.
 * @param path where they stand: `data`
 */
export function compareSchemas(was: JsonSchema, is: JsonSchema, path: string): Change[] {
  const changes = new SchemaComparison(was, is).compare([was], [is]);
  return changes.map((change) => ({ ...change, path: joined(path, change.path) }));
}

function joined(...steps: readonly string[]): string {
  return steps.filter((step) => step !== '').join('.');
}

/** A name as one step of a path: `Redact` and `pii` take it so. */
function stepOf(name: string): string {
  return name.replace(/[\\.*[\]]/g, '\\$&');
}

/** How texts, numbers, lists and objects that are alternatives to each other belong together. */
interface Pairs<Each> {
  readonly together: readonly (readonly [was: Each, is: Each])[];
  readonly gone: readonly Each[];
  readonly added: readonly Each[];
}

/** So many changes at one place say that it is another; without a limit, schemas that hold each other have no end of paths. */
const MANY = 500;

class SchemaComparison {
  /**
   * By the texts of the schemas: what was found, its paths from there. While it is looked for, nothing: what a schema that holds
   * itself finds in itself is found already.
   */
  private readonly found = new Map<string, readonly Change[]>();
  /** For alternatives that are held against each other and may not belong together: what they find must not count as found. */
  private readonly trial: SchemaComparison;

  constructor(
    private readonly oldRoot: JsonSchema,
    private readonly newRoot: JsonSchema,
    isTrial = false,
  ) {
    this.trial = isTrial ? this : new SchemaComparison(oldRoot, newRoot, true);
  }

  compare(was: Conjunction, is: Conjunction): readonly Change[] {
    const [before, after] = [followed(was, this.oldRoot), followed(is, this.newRoot)];
    const key = `${canonicalJson(before)} ${canonicalJson(after)}`;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    this.found.set(key, []);
    const changes = [
      ...this.shapes(shapeOf(before, this.oldRoot), shapeOf(after, this.newRoot)),
      ...this.documentation(was, is),
    ];
    const most = changes.length > MANY ? breakingFirst(changes).slice(0, MANY) : changes;
    this.found.set(key, most);
    return most;
  }

  private at(step: string, was: Conjunction, is: Conjunction): Change[] {
    return this.compare(was, is).map((change) => ({ ...change, path: joined(step, change.path) }));
  }

  private shapes(was: Shape, is: Shape): Change[] {
    const shared = [...is.keys()].filter((kind) => was.has(kind));
    const hasMore = shared.length < is.size;
    const hasLess = shared.length < was.size;
    const facts = { path: '', was: describeShape(was), is: describeShape(is) };
    const changes: Change[] = [];
    if (hasMore && hasLess) changes.push(breaking('type-changed', { ...facts, what: 'type changed' }));
    else if (hasMore) changes.push(breaking('type-widened', { ...facts, what: 'type widened' }));
    else if (hasLess) changes.push(harmless('type-narrowed', facts));
    return [...changes, ...shared.flatMap((kind) => this.kinds(was.get(kind), is.get(kind)))];
  }

  private kinds(was: KindShape | undefined, is: KindShape | undefined): Change[] {
    if (was === undefined || is === undefined) return [];
    const isListed = was.alternatives.length === 0 && was.values.length > 0;
    if (isListed && is.alternatives.length > 0)
      return [breaking('values-opened', { ...facing(was, is), what: 'no longer only the listed values' })];
    const added = is.values.filter((value) => !allows(was, value));
    const gone = was.values.filter((value) => !allows(is, value));
    const { together, gone: less, added: more } = this.pairs(was.alternatives, is.alternatives);
    return [
      ...(added.length === 0 ? [] : [breaking('values-added', { ...facing(was, is), what: listing('added', added) })]),
      ...(gone.length === 0
        ? []
        : [harmless('values-removed', { ...facing(was, is), what: listing('removed', gone) })]),
      ...together.flatMap(([one, other]) => this.alternatives(one, other)),
      ...more.map((each) =>
        breaking('alternative-added', { path: '', is: describeAlternative(each), what: 'alternative added' }),
      ),
      ...(is.alternatives.length === 0 && less.length > 0
        ? [harmless('values-listed', facing(was, is))]
        : less.map((each) => harmless('alternative-removed', { path: '', was: describeAlternative(each) }))),
    ];
  }

  /**
   * Each alternative that is now belongs to the first one before that lets through all of it; then those that are left to the
   * most alike of those that are left.
   */
  private pairs(was: readonly Alternative[], is: readonly Alternative[]): Pairs<Alternative> {
    const together: (readonly [Alternative, Alternative])[] = [];
    const candidates = is.map((each) => ({
      is: each,
      options: was
        .filter((other) => this.canBelong(other, each))
        .map((other) => ({ was: other, ...weightOf(this.trial.alternatives(other, each)) }))
        .sort((a, b) => a.breaking - b.breaking || a.all - b.all),
    }));
    const taken = new Set<Alternative>();
    const take = (one: Alternative, other: Alternative): void => {
      together.push([one, other]);
      taken.add(one);
    };
    for (const { is: each, options } of candidates) {
      if (options[0]?.breaking === 0) take(options[0].was, each);
    }
    const placed = new Set(together.map(([, each]) => each));
    for (const { is: each, options } of candidates) {
      const option = placed.has(each) ? undefined : options.find((other) => !taken.has(other.was));
      if (option === undefined) continue;
      take(option.was, each);
      placed.add(each);
    }
    return {
      together,
      gone: was.filter((each) => !taken.has(each)),
      added: is.filter((each) => !placed.has(each)),
    };
  }

  /** Not, if both list the values of a field that each must have, and share none: `kind: "a"` and `kind: "b"`. */
  private canBelong(was: Alternative, is: Alternative): boolean {
    if (was.kind !== 'object' || is.kind !== 'object') return was.kind === is.kind;
    return was.required.every((name) => {
      if (!is.required.includes(name)) return true;
      const [before, after] = [shapeOf(fieldOf(was, name), this.oldRoot), shapeOf(fieldOf(is, name), this.newRoot)];
      const values = listedIn(before);
      const now = listedIn(after)?.map((value) => canonicalJson(value));
      if (values === undefined || now === undefined || values.length + now.length === 0) return true;
      return values.some((value) => now.includes(canonicalJson(value)));
    });
  }

  private alternatives(was: Alternative, is: Alternative): Change[] {
    const others = unjudged(was.others, is.others);
    if (was.kind === 'number' && is.kind === 'number') return [...others, ...numbers(was, is)];
    if (was.kind === 'string' && is.kind === 'string') return [...others, ...texts(was, is)];
    if (was.kind === 'array' && is.kind === 'array') return [...others, ...this.lists(was, is)];
    if (was.kind === 'object' && is.kind === 'object') return [...others, ...this.objects(was, is)];
    return others;
  }

  private lists(was: ListShape, is: ListShape): Change[] {
    const changes = [
      ...limit('minItems', was.minItems, is.minItems, 1),
      ...limit('maxItems', was.maxItems, is.maxItems, -1),
    ];
    const most = Math.min(was.maxItems, is.maxItems); // beyond, the limit says it all
    const places = Math.min(Math.max(was.places.length, is.places.length), most);
    for (let at = 0; at < places; at++)
      changes.push(...this.at(String(at), was.places[at] ?? was.items, is.places[at] ?? is.items));
    return most > places ? [...changes, ...this.at('*', was.items, is.items)] : changes;
  }

  private objects(was: ObjectShape, is: ObjectShape): Change[] {
    const names = new Set([...was.fields.keys(), ...was.required, ...is.fields.keys(), ...is.required]);
    return [
      ...[...names].sort().flatMap((name) => this.fields(name, was, is)),
      ...this.additional(was.additional, is.additional),
    ];
  }

  private fields(name: string, was: ObjectShape, is: ObjectShape): Change[] {
    const path = stepOf(name);
    const [before, after] = [fieldOf(was, name), fieldOf(is, name)];
    const wasRequired = was.required.includes(name);
    const isRequired = is.required.includes(name);
    const isNew = !isDeclared(name, was, this.oldRoot);
    const isGone = !isDeclared(name, is, this.newRoot);
    if (isNew && isGone) return this.at(path, before, after); // one that could never be there
    if (isGone)
      return [
        breaking('field-removed', { path, was: describeShape(shapeOf(before, this.oldRoot)), what: 'field removed' }),
      ];
    const required = { path, was: 'optional', is: 'required' };
    const now = describeShape(shapeOf(after, this.newRoot));
    if (isNew && isRequired) return [breaking('required-field-added', { path, is: now, what: 'required field added' })];
    if (isNew) {
      // In a record, it had a type before it had a name.
      const hadType = before.length > 0 && !isNothing(before, this.oldRoot);
      return [harmless('field-added', { path, is: now }), ...(hadType ? this.at(path, before, after) : [])];
    }
    return [
      ...(isRequired && !wasRequired ? [breaking('became-required', { ...required, what: 'became required' })] : []),
      ...(wasRequired && !isRequired
        ? [breaking('became-optional', { path, was: 'required', is: 'optional', what: 'became optional' })]
        : []),
      ...this.at(path, before, after),
    ];
  }

  private additional(was: Conjunction, is: Conjunction): Change[] {
    const [wasClosed, isClosed] = [isNothing(was, this.oldRoot), isNothing(is, this.newRoot)];
    if (wasClosed && isClosed) return [];
    if (isClosed) return [harmless('object-closed', { path: '' })];
    if (!wasClosed) return this.at('*', was, is);
    return [breaking('object-opened', { path: '', was: 'no other fields', is: 'other fields', what: 'object opened' })];
  }

  private documentation(was: Conjunction, is: Conjunction): Change[] {
    const [before, after] = [wordsOf(was, this.oldRoot), wordsOf(is, this.newRoot)];
    return DOCUMENTATION.flatMap((word) =>
      canonicalJson(before[word] ?? null) === canonicalJson(after[word] ?? null)
        ? []
        : [
            harmless('documentation', {
              path: '',
              was: shownWord(before[word]),
              is: shownWord(after[word]),
              what: `${word} changed`,
            }),
          ],
    );
  }
}

/** Said of a field, and no limit of it. */
const DOCUMENTATION = ['title', 'description', 'deprecated', 'default', 'examples'] as const;

function wordsOf(schemas: Conjunction, root: JsonSchema): JsonSchema {
  const all = schemas.flatMap((schema) => [schema, resolveRef(schema, root)]).filter(isSchema);
  return Object.assign({}, ...all.toReversed()) as JsonSchema; // what is said at the place wins over what it refers to
}

function shownWord(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isDeclared(name: string, { fields, required }: ObjectShape, root: JsonSchema): boolean {
  const field = fields.get(name);
  return required.includes(name) || (field !== undefined && !isNothing(field, root));
}

/** The values of a place where nothing else may stand. */
function listedIn(shape: Shape): readonly unknown[] | undefined {
  const kinds: readonly (readonly [Kind, KindShape])[] = [...shape];
  return kinds.every(([, { alternatives }]) => alternatives.length === 0)
    ? kinds.flatMap(([, { values }]) => values)
    : undefined;
}

/** What is only a reference is what it leads to: a schema that holds itself is met again as the one it is. */
function followed(schemas: Conjunction, root: JsonSchema): Conjunction {
  return schemas.map((schema) =>
    Object.keys(schema).every((word) => word === '$ref' || !WORDS_ABOUT_VALUES.test(word))
      ? resolveRef(schema, root)
      : schema,
  );
}

const WORDS_ABOUT_VALUES = /^(?!\$|title$|description$)/;

function breakingFirst(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => Number(b.isBreaking) - Number(a.isBreaking));
}

function weightOf(changes: readonly Change[]): { readonly breaking: number; readonly all: number } {
  return { breaking: changes.filter(({ isBreaking }) => isBreaking).length, all: changes.length };
}

function facing(was: KindShape, is: KindShape): { path: string; was: string; is: string } {
  const shown = (shape: KindShape): string =>
    [
      ...(shape.values.length > 0 ? [describeValues(shape.values)] : []),
      ...shape.alternatives.map(describeAlternative),
    ].join(' | ');
  return { path: '', was: shown(was), is: shown(is) };
}

function listing(verb: string, values: readonly unknown[]): string {
  return `${values.length === 1 ? 'value' : 'values'} ${verb}: ${describeValues(values)}`;
}

function numbers(was: NumberShape, is: NumberShape): Change[] {
  const changes: Change[] = [];
  if (was.isInteger && !is.isInteger)
    changes.push(breaking('type-widened', { path: '', was: 'integer', is: 'number', what: 'type widened' }));
  if (!was.isInteger && is.isInteger)
    changes.push(harmless('type-narrowed', { path: '', was: 'number', is: 'integer' }));
  changes.push(...bound('minimum', was.lower, is.lower, 1), ...bound('maximum', was.upper, is.upper, -1));
  const kept = was.steps.every((step) => is.steps.some((other) => Number.isInteger(other / step)));
  const facts = { path: '', was: was.steps.join(', ') || 'none', is: is.steps.join(', ') || 'none' };
  if (!kept) changes.push(breaking('limit-loosened', { ...facts, what: 'multipleOf changed' }));
  else if (facts.was !== facts.is)
    changes.push(harmless('limit-tightened', { ...facts, what: 'multipleOf tightened' }));
  return changes;
}

function bound(word: string, was: Bound | undefined, is: Bound | undefined, side: 1 | -1): Change[] {
  if (was?.value === is?.value && was?.isExclusive === is?.isExclusive) return [];
  const keeps = was === undefined || (is !== undefined && isWithin(is, was, side));
  const shown = (one: Bound | undefined): string =>
    one === undefined ? 'none' : describeBound(one, '', word === 'minimum' ? 'above' : 'below').trim();
  return [limitChange(word, shown(was), shown(is), keeps)];
}

function limit(word: string, was: number, is: number, side: 1 | -1): Change[] {
  if (was === is) return [];
  const shown = (count: number): string => (count === Infinity ? 'none' : String(count));
  return [limitChange(word, shown(was), shown(is), (is - was) * side > 0)];
}

function limitChange(word: string, was: string, is: string, keeps: boolean): Change {
  const facts = { path: '', was, is };
  return keeps
    ? harmless('limit-tightened', { ...facts, what: `${word} tightened` })
    : breaking('limit-loosened', { ...facts, what: `${word} loosened` });
}

function texts(was: TextShape, is: TextShape): Change[] {
  return [
    ...limit('minLength', was.minLength, is.minLength, 1),
    ...limit('maxLength', was.maxLength, is.maxLength, -1),
    ...sets(was.patterns, is.patterns, 'pattern-changed', 'pattern-added', 'pattern'),
    ...sets(was.formats, is.formats, 'format-changed', 'format-added', 'format'),
  ];
}

function unjudged(was: readonly string[], is: readonly string[]): Change[] {
  return sets(was, is, 'constraint-changed', 'constraint-added', 'constraint');
}

/** Each of a set is a limit: one more lets through less, and one less lets through what cannot be told. */
function sets(
  was: readonly string[],
  is: readonly string[],
  changed: 'pattern-changed' | 'format-changed' | 'constraint-changed',
  added: 'pattern-added' | 'format-added' | 'constraint-added',
  word: string,
): Change[] {
  const gone = was.filter((each) => !is.includes(each));
  const more = is.filter((each) => !was.includes(each));
  const facts = { path: '', was: was.join(', ') || 'none', is: is.join(', ') || 'none' };
  if (gone.length > 0)
    return [breaking(changed, { ...facts, what: `${word} ${more.length > 0 ? 'changed' : 'removed'}` })];
  return more.length > 0 ? [harmless(added, facts)] : [];
}

/**
 * Compares two schemas by their effect on the readers of events.
 *
 * A change breaks readers if a place allows a value that it did not allow before: readers rely on
 * the presence of a field, its types, its values and its meaning. Removing a declared field breaks
 * future queries; making a field required breaks queries over stored events. Changes that cannot be
 * judged count as breaking.
 */
import { canonicalJson } from '../../catalog/canonical-json';
import { isSchema, resolveRef, type JsonSchema } from '../../catalog/json-schema';
import { breaking, harmless, type Change } from './change';
import { closeObjects, type RootedSchema } from './closed-objects';
import { compareCounts, compareNumbers, compareOthers, compareTexts, notComparedChange } from './compare-limits';
import { compareValues } from './compare-values';
import { describeAlternative, describeKind, describeShape } from './describe-shape';
import { Effort } from './effort';
import { pairAlternatives } from './pair-alternatives';
import { plainReferences } from '../../catalog/plain-references';
import {
  fieldOf,
  type Alternative,
  type Conjunction,
  type KindShape,
  type ListShape,
  type ObjectShape,
  type Shape,
} from './shape';
import { ShapeReader } from './shape-reader';

interface CompareOptions {
  /**
   * True if objects of the old schema that do not say otherwise reject undeclared fields.
   * @default false
   */
  readonly wasClosed?: boolean;
  /** The same for the new schema.  @default false */
  readonly isClosed?: boolean;
  /** Counts and limits the work.  @default a new instance with all of its limits */
  readonly effort?: Effort;
}

/**
 * Returns the differences between two schemas, as consumers of the values see them.
 * @param path path of both schemas, for example `data`
 */
export function compareSchemas(
  was: JsonSchema,
  is: JsonSchema,
  path: string,
  { wasClosed = false, isClosed = false, effort = new Effort() }: CompareOptions = {},
): Change[] {
  const [before, after] = [rooted(was, wasClosed), rooted(is, isClosed)];
  if (canonicalJson(before) === canonicalJson(after)) return []; // almost always
  const [old, now] = [new ShapeReader(before.root, effort), new ShapeReader(after.root, effort)];
  const changes = new SchemaComparison(old, now).compare([before.schema], [after.schema]);
  return changes.map((change) => ({ ...change, path: joined(path, change.path) }));
}

function rooted(document: JsonSchema, areClosed: boolean): RootedSchema {
  const { schema } = plainReferences(document);
  return areClosed ? closeObjects(schema) : { schema, root: schema };
}

function joined(...steps: readonly string[]): string {
  return steps.filter((step) => step !== '').join('.');
}

/** Returns a name as one step of a path, in the form that `Redact` and `pii` accept. */
function stepOf(name: string): string {
  return name.replace(/[\\.*[\]]/g, '\\$&');
}

interface ShownFacts {
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

/**
 * Number of changes at one place above which it counts as replaced. Without a limit, schemas that
 * contain each other would have endless paths.
 */
const MANY = 500;

class SchemaComparison {
  /**
   * Changes by the text of both schemas, with paths relative to them. Empty during the search:
   * changes that a recursive schema finds in itself are reported already.
   */
  private readonly found = new Map<string, readonly Change[]>();
  /**
   * Comparison for alternatives that may not belong together. Its changes must not count as
   * reported.
   */
  private readonly trial: SchemaComparison;

  constructor(
    private readonly old: ShapeReader,
    private readonly now: ShapeReader,
    isTrial = false,
  ) {
    this.trial = isTrial ? this : new SchemaComparison(old, now, true);
  }

  compare(was: Conjunction, is: Conjunction): readonly Change[] {
    const [before, after] = [followed(was, this.old.root), followed(is, this.now.root)];
    const key = `${canonicalJson(before)} ${canonicalJson(after)}`;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    if (!this.now.effort.canVisitPlace()) return [notComparedChange()];
    this.found.set(key, []);
    const changes = [...this.shapes(this.old.shapeOf(before), this.now.shapeOf(after)), ...this.documentation(was, is)];
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
    const facts = (): ShownFacts => ({ path: '', was: describeShape(was), is: describeShape(is) });
    const changes: Change[] = [];
    if (hasMore && hasLess) changes.push(breaking('type-changed', { ...facts(), what: 'type changed' }));
    else if (hasMore) changes.push(breaking('type-widened', { ...facts(), what: 'type widened' }));
    else if (hasLess) changes.push(harmless('type-narrowed', facts()));
    return [...changes, ...withoutRepeats(shared.flatMap((kind) => this.kinds(was.get(kind), is.get(kind))))];
  }

  private kinds(was: KindShape | undefined, is: KindShape | undefined): Change[] {
    if (was === undefined || is === undefined) return [];
    const facts = (): ShownFacts => ({ path: '', was: describeKind(was), is: describeKind(is) });
    const isListed = was.alternatives.length === 0 && was.values.length > 0;
    if (isListed && is.alternatives.length > 0)
      return [breaking('values-opened', { ...facts(), what: 'no longer restricted to the listed values' })];
    const values = compareValues({ shape: was, read: this.old.shapeOf }, { shape: is, read: this.now.shapeOf });
    const pairs = pairAlternatives(
      { alternatives: was.alternatives, reader: this.old },
      { alternatives: is.alternatives, reader: this.now },
      (one, other) => this.trial.alternatives(one, other),
    );
    if (pairs === undefined) return [...values, notComparedChange()];
    const { together, gone, added } = pairs;
    return [
      ...values,
      ...together.flatMap(([one, other]) => this.alternatives(one, other)),
      ...added.map((each) =>
        breaking('alternative-added', { path: '', is: describeAlternative(each), what: 'alternative added' }),
      ),
      ...(is.alternatives.length === 0 && gone.length > 0
        ? [harmless('values-listed', facts())]
        : gone.map((each) => harmless('alternative-removed', { path: '', was: describeAlternative(each) }))),
    ];
  }

  private alternatives(was: Alternative, is: Alternative): Change[] {
    const others = compareOthers(was.others, is.others);
    if (was.kind === 'number' && is.kind === 'number') return [...others, ...compareNumbers(was, is)];
    if (was.kind === 'string' && is.kind === 'string') return [...others, ...compareTexts(was, is)];
    if (was.kind === 'array' && is.kind === 'array') return [...others, ...this.lists(was, is)];
    if (was.kind === 'object' && is.kind === 'object') return [...others, ...this.objects(was, is)];
    return others;
  }

  private lists(was: ListShape, is: ListShape): Change[] {
    const changes = [
      ...compareCounts('minItems', was.minItems, is.minItems, 1),
      ...compareCounts('maxItems', was.maxItems, is.maxItems, -1),
    ];
    const most = Math.min(was.maxItems, is.maxItems); // beyond it, the limit of the count describes the change
    const places = Math.min(Math.max(was.places.length, is.places.length), most);
    for (let at = 0; at < places; at++)
      changes.push(...this.at(String(at), was.places[at] ?? was.items, is.places[at] ?? is.items));
    return most > places ? [...changes, ...this.at('*', was.items, is.items)] : changes;
  }

  private objects(was: ObjectShape, is: ObjectShape): Change[] {
    const names = new Set([...was.fields.keys(), ...was.required, ...is.fields.keys(), ...is.required]);
    const patterns = new Set([...was.patterns.keys(), ...is.patterns.keys()]);
    return [
      ...[...names].sort().flatMap((name) => this.fields(name, was, is)),
      ...[...patterns].sort().flatMap((pattern) => this.patterns(pattern, was, is)),
      ...this.additional(was.additional, is.additional),
    ];
  }

  private fields(name: string, was: ObjectShape, is: ObjectShape): Change[] {
    const path = stepOf(name);
    const [before, after] = [fieldOf(was, name), fieldOf(is, name)];
    const wasRequired = was.required.includes(name);
    const isRequired = is.required.includes(name);
    const isNew = !isDeclared(name, was, this.old);
    const isGone = !isDeclared(name, is, this.now);
    if (isNew && isGone) return this.at(path, before, after); // a field that was never allowed
    if (isGone)
      return [breaking('field-removed', { path, was: describeShape(this.old.shapeOf(before)), what: 'field removed' })];
    const shown = describeShape(this.now.shapeOf(after));
    if (isNew && isRequired)
      return [breaking('required-field-added', { path, is: shown, what: 'required field added' })];
    if (isNew) {
      // In a record, the field had a type before it was declared by name.
      const hadType = before.length > 0 && !this.old.isNothing(before);
      return [harmless('field-added', { path, is: shown }), ...(hadType ? this.at(path, before, after) : [])];
    }
    const required = { path, was: 'optional', is: 'required' };
    const optional = { path, was: 'required', is: 'optional' };
    return [
      ...(isRequired && !wasRequired ? [breaking('became-required', { ...required, what: 'became required' })] : []),
      ...(wasRequired && !isRequired ? [breaking('became-optional', { ...optional, what: 'became optional' })] : []),
      ...this.at(path, before, after),
    ];
  }

  /**
   * Compares the fields of a pattern of names. Before the pattern was added, they were additional
   * fields.
   */
  private patterns(pattern: string, was: ObjectShape, is: ObjectShape): Change[] {
    const [before, after] = [was.patterns.get(pattern), is.patterns.get(pattern)];
    if (before !== undefined && after !== undefined) return this.at('*', before, after);
    const shown = `fields that match ${pattern}`;
    if (after === undefined)
      return [breaking('constraint-changed', { path: '', was: shown, what: 'pattern of field names removed' })];
    if (!this.old.isNothing(was.additional))
      return [harmless('constraint-added', { path: '', is: shown }), ...this.at('*', was.additional, after)];
    if (this.now.isNothing(after)) return [];
    return [breaking('object-opened', { path: '', was: 'no other fields', is: shown, what: 'object opened' })];
  }

  private additional(was: Conjunction, is: Conjunction): Change[] {
    const [wasClosed, isClosed] = [this.old.isNothing(was), this.now.isNothing(is)];
    if (wasClosed && isClosed) return [];
    if (isClosed) return [harmless('object-closed', { path: '' })];
    if (!wasClosed) return this.at('*', was, is);
    return [breaking('object-opened', { path: '', was: 'no other fields', is: 'other fields', what: 'object opened' })];
  }

  private documentation(was: Conjunction, is: Conjunction): Change[] {
    const [before, after] = [wordsOf(was, this.old.root), wordsOf(is, this.now.root)];
    return DOCUMENTATION.flatMap((word) => {
      const facts = { path: '', was: shownWord(before[word]), is: shownWord(after[word]), what: `${word} changed` };
      const isSame = canonicalJson(before[word] ?? null) === canonicalJson(after[word] ?? null);
      return isSame ? [] : [harmless('documentation', facts)];
    });
  }
}

/** Keywords that describe a field without limiting it. */
const DOCUMENTATION = ['title', 'description', 'deprecated', 'default', 'examples'] as const;

function wordsOf(schemas: Conjunction, root: JsonSchema): JsonSchema {
  const all = schemas.flatMap((schema) => [schema, resolveRef(schema, root)]).filter(isSchema);
  return Object.assign({}, ...all.toReversed()) as JsonSchema; // keywords at the place override those of the target
}

function shownWord(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isDeclared(name: string, { fields, required }: ObjectShape, reader: ShapeReader): boolean {
  const field = fields.get(name);
  return required.includes(name) || (field !== undefined && !reader.isNothing(field));
}

/**
 * Replaces schemas that are only a reference by their targets, so that a recursive schema is
 * recognized when it occurs again.
 */
function followed(schemas: Conjunction, root: JsonSchema): Conjunction {
  return schemas.map((schema) =>
    Object.keys(schema).every((word) => word === '$ref' || !WORDS_ABOUT_VALUES.test(word))
      ? resolveRef(schema, root)
      : schema,
  );
}

const WORDS_ABOUT_VALUES = /^(?!\$|title$|description$)/;

const REPEATABLE: ReadonlySet<string> = new Set(['constraint-changed', 'constraint-added', 'not-compared']);

/** Removes repeated changes: a constraint on every type is found once for each type. */
function withoutRepeats(changes: readonly Change[]): readonly Change[] {
  const isRepeatable = ({ kind }: Change): boolean => REPEATABLE.has(kind);
  const seen = new Set<string>();
  return changes.filter((change) => {
    const key = isRepeatable(change) ? canonicalJson(change) : '';
    const isNew = key === '' || !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function breakingFirst(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => Number(b.isBreaking) - Number(a.isBreaking));
}

/**
 * Compares two schemas by their effect on the readers of events.
 *
 * A text comparison only finds that something differs, and a check whether old readers can still
 * parse events treats a removed field as harmless. Readers rely on more: on the presence of a field,
 * its types, its values and its meaning. A change therefore breaks readers if a place allows a value
 * that it did not allow before. Removing a declared field breaks future queries; making a field
 * required breaks queries over stored events. Changes that cannot be judged count as breaking.
 */
import { canonicalJson } from '../canonical-json';
import { isSchema, resolveRef, type JsonSchema } from '../json-schema';
import { breaking, harmless, type Change } from './change';
import { closeObjects, type RootedSchema } from './closed-objects';
import { compareCounts, compareNumbers, compareOthers, compareTexts, notComparedChange } from './compare-limits';
import { compareValues } from './compare-values';
import { describeAlternative, describeKind, describeShape } from './describe-shape';
import { Effort } from './effort';
import { pairAlternatives } from './pair-alternatives';
import { plainReferences } from './plain-references';
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
  /** Whether objects of the old schema that say nothing about other fields take none.  @default false */
  readonly wasClosed?: boolean;
  /** The same of the new one.  @default false */
  readonly isClosed?: boolean;
  /** Counts the work, and says where to give up.  @default a new one, with all of its limits to spend */
  readonly effort?: Effort;
}

/**
 * What is different between two schemas, for those who read the values.
 * @param path of both: `data`
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

/** A name as one step of a path, as `Redact` and `pii` take it. */
function stepOf(name: string): string {
  return name.replace(/[\\.*[\]]/g, '\\$&');
}

interface ShownFacts {
  readonly path: string;
  readonly was: string;
  readonly is: string;
}

/** So many changes at one place say that it is another; without a limit, schemas that contain each other have no end of paths. */
const MANY = 500;

class SchemaComparison {
  /**
   * By the text of the schemas: the changes that were found, their paths from there. Empty while they are looked for: what a
   * schema that contains itself would find in itself is reported already.
   */
  private readonly found = new Map<string, readonly Change[]>();
  /** For alternatives that may not belong together: what is found between them must not count as reported. */
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
      return [breaking('values-opened', { ...facts(), what: 'no longer only the listed values' })];
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
    const most = Math.min(was.maxItems, is.maxItems); // beyond, the limit says it all
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
    if (isNew && isGone) return this.at(path, before, after); // one that could never be there
    if (isGone)
      return [breaking('field-removed', { path, was: describeShape(this.old.shapeOf(before)), what: 'field removed' })];
    const shown = describeShape(this.now.shapeOf(after));
    if (isNew && isRequired)
      return [breaking('required-field-added', { path, is: shown, what: 'required field added' })];
    if (isNew) {
      // In a record, it had a type before it had a name.
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

  /** Fields by a pattern of their names. Before there was the pattern, they were among the additional ones. */
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

function isDeclared(name: string, { fields, required }: ObjectShape, reader: ShapeReader): boolean {
  const field = fields.get(name);
  return required.includes(name) || (field !== undefined && !reader.isNothing(field));
}

/** What is only a reference is what it leads to: a schema that contains itself is met again as the one it is. */
function followed(schemas: Conjunction, root: JsonSchema): Conjunction {
  return schemas.map((schema) =>
    Object.keys(schema).every((word) => word === '$ref' || !WORDS_ABOUT_VALUES.test(word))
      ? resolveRef(schema, root)
      : schema,
  );
}

const WORDS_ABOUT_VALUES = /^(?!\$|title$|description$)/;

const REPEATABLE: ReadonlySet<string> = new Set(['constraint-changed', 'constraint-added', 'not-compared']);

/** A constraint on values of every type is found once for each type. */
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

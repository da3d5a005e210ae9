/**
 * Finds the undeclared fields of an event. Most schemas accept undeclared fields and remove them
 * from their output. The event is not replaced by this output, so such a field would be sent with
 * every event without being documented.
 */
import { isSchema, propertiesOf, type JsonSchema } from './json-schema';
import { isClosedObject, soleSchemaOf } from './tracked-objects';
import { undeclaredField } from './undeclared-field';
import type { Violation } from './violation';

/** Fields that one object, or the items of one list, may have. */
class Keys {
  readonly byName = new Map<string, Keys | undefined>();
  /** True if undeclared fields are allowed here. */
  takesOthers = true;
  others: Keys | undefined;
  items: Keys | undefined;
  /** Fields whose values contain further fields. */
  nested: (readonly [name: string, keys: Keys])[] = [];
  /**
   * Field names of the last value without undeclared fields. The same line of code emits the same
   * fields in the same order, so comparing with this list is usually enough.
   */
  lastNames: readonly string[] = [];
}

export class DeclaredKeys {
  private constructor(private readonly root: Keys) {}

  /**
   * Creates the declared keys of a schema.
   * @param isOpen true if an object that does not say otherwise accepts undeclared fields
   * @returns undefined if every object is open, or validates its own fields
   */
  static of(schema: JsonSchema, isOpen: boolean): DeclaredKeys | undefined {
    if (isOpen) return undefined;
    const reader = new KeysReader(schema);
    const root = reader.read(schema);
    return root === undefined || !reader.isAnyClosed ? undefined : new DeclaredKeys(root);
  }

  /** Returns true if every field of the value is declared. */
  hasAll(value: unknown): boolean {
    return isDeclared(value, this.root);
  }

  /**
   * Returns a violation for each undeclared field.
   * @param path displayed path of the value
   * @param limit maximum number of violations; the search stops there
   * @param shownKey returns the displayed form of an undeclared key
   */
  undeclaredIn(value: unknown, path: string, limit: number, shownKey: (key: string) => string): Violation[] {
    const search = new UndeclaredSearch(limit, shownKey);
    search.look(value, this.root, path);
    return search.found;
  }
}

function isDeclared(value: unknown, keys: Keys): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return areDeclared(value, keys.items);
  if (keys.others !== undefined) return areOthersDeclared(value as Fields, keys, keys.others);
  if (!keys.takesOthers && !hasLastNames(value, keys.lastNames) && !hasKnownNames(value as Fields, keys)) return false;
  const { nested } = keys;
  for (let at = 0; at < nested.length; at++) {
    const [name, below] = nested[at] as (typeof nested)[number];
    if (!isDeclared((value as Fields)[name], below)) return false;
  }
  return true;
}

type Fields = Readonly<Record<string, unknown>>;

function areDeclared(items: readonly unknown[], keys: Keys | undefined): boolean {
  if (keys !== undefined) for (let at = 0; at < items.length; at++) if (!isDeclared(items[at], keys)) return false;
  return true;
}

/** Compares the names with the last ones: six times faster than looking up each name. */
function hasLastNames(value: object, names: readonly string[]): boolean {
  let at = 0;
  for (const name in value) if (name !== names[at++]) return false;
  return at === names.length;
}

function hasKnownNames(value: Fields, keys: Keys): boolean {
  const names: string[] = [];
  for (const name in value) {
    if (!keys.byName.has(name) && value[name] !== undefined) return false;
    names.push(name);
  }
  keys.lastNames = names.every((name) => keys.byName.has(name)) ? names : [];
  return true;
}

function areOthersDeclared(value: Fields, keys: Keys, others: Keys): boolean {
  for (const name in value) {
    const below = keys.byName.has(name) ? keys.byName.get(name) : others;
    if (below !== undefined && !isDeclared(value[name], below)) return false;
  }
  return true;
}

/** Number of undeclared fields for which a similar declared name is searched. */
const MAX_HINTS = 5;

class UndeclaredSearch {
  readonly found: Violation[] = [];

  constructor(
    private readonly limit: number,
    private readonly shownKey: (key: string) => string,
  ) {}

  look(value: unknown, keys: Keys, path: string): void {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) this.lookAtItems(value, keys.items, path);
    else this.lookAtFields(value as Fields, keys, path);
  }

  private lookAtItems(items: readonly unknown[], keys: Keys | undefined, path: string): void {
    if (keys === undefined) return;
    for (let at = 0; at < items.length && !this.isDone; at++) this.look(items[at], keys, `${path}.${String(at)}`);
  }

  private lookAtFields(fields: Fields, keys: Keys, path: string): void {
    for (const key in fields) {
      if (this.isDone) return;
      const isKnown = keys.byName.has(key);
      const below = isKnown ? keys.byName.get(key) : keys.others;
      if (!isKnown && !keys.takesOthers && fields[key] !== undefined) this.add(key, keys, path);
      else if (below !== undefined) this.look(fields[key], below, `${path}.${isKnown ? key : this.shownKey(key)}`);
    }
  }

  private add(key: string, keys: Keys, path: string): void {
    const isHinted = this.found.length < MAX_HINTS;
    this.found.push(undeclaredField(`${path}.${this.shownKey(key)}`, isHinted ? key : undefined, keys.byName.keys()));
  }

  private get isDone(): boolean {
    return this.found.length >= this.limit;
  }
}

class KeysReader {
  isAnyClosed = false;
  /** Keys that were read already. A schema may contain itself. */
  private readonly known = new Map<JsonSchema, Keys>();

  constructor(private readonly root: JsonSchema) {}

  /** Reads a schema. Returns undefined if nothing in it has to be checked. */
  read(given: unknown): Keys | undefined {
    if (!isSchema(given)) return undefined;
    const schema = soleSchemaOf(given, this.root);
    if (schema === undefined) return undefined;
    const isObject = 'properties' in schema;
    if (!isObject && !isSchema(schema['items']) && !isSchema(schema['additionalProperties'])) return undefined;
    const seen = this.known.get(schema);
    if (seen !== undefined) return seen;
    const keys = new Keys();
    this.known.set(schema, keys);
    keys.items = this.read(schema['items']);
    keys.others = this.read(schema['additionalProperties']);
    for (const [name, property] of Object.entries(propertiesOf(schema))) {
      const below = this.read(property);
      keys.byName.set(name, below);
      if (below !== undefined) keys.nested.push([name, below]);
    }
    keys.takesOthers = !isClosedObject(schema);
    if (!keys.takesOthers) this.isAnyClosed = true;
    return keys;
  }
}

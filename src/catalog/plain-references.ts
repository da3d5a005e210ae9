/**
 * Rewrites the references of a JSON Schema to JSON pointers into the document. References may also
 * use `$id`, `$anchor` and `$dynamicAnchor`, relative to their schema. As pointers, they have the
 * same meaning wherever they are read.
 */
import { isSchema, type JsonSchema } from './json-schema';
import { childrenOf, withChildren } from './schema-children';

/** Schema whose references are pointers from its root, or lead outside the document. */
interface PlainSchema {
  readonly schema: JsonSchema;
  /**
   * References without a target in the document, for example to a schema that only `ajv.addSchema`
   * knows.
   */
  readonly unfollowed: readonly string[];
}

export function plainReferences(root: JsonSchema): PlainSchema {
  const unfollowed = new Set<string>();
  const places = new Places(root);
  const schema = new Rewriting(places, unfollowed).schema(root, places.base);
  return { schema, unfollowed: [...unfollowed].sort() };
}

/** Base URL of a document without `$id`. No application uses it. */
const NO_BASE = 'https://schema.invalid/';

interface Place {
  readonly pointer: string;
  readonly value: unknown;
}

/** Possible targets of references in a document, by URL with the anchor as the fragment. */
class Places {
  readonly base: string;
  private readonly byUrl = new Map<string, Place>();
  private readonly dynamic = new Map<string, Place[]>();

  constructor(root: JsonSchema) {
    this.base = baseOf(root, NO_BASE);
    this.byUrl.set(this.base, { pointer: '#', value: root });
    this.add(root, NO_BASE, '#');
  }

  /**
   * Finds the target of a reference.
   * @returns undefined if the document has no such target
   */
  find(reference: string, base: string): Place | undefined {
    const url = resolved(reference, base);
    const [address = '', fragment = ''] = url?.split('#') ?? [];
    const resource = this.byUrl.get(address);
    if (url === undefined) return undefined;
    if (fragment === '') return resource;
    if (!fragment.startsWith('/')) return this.byUrl.get(`${address}#${decoded(fragment)}`);
    return resource && below(resource, fragment);
  }

  /** Returns the schemas that `$dynamicRef` may lead to, by the name of their anchor. */
  withDynamicAnchor(name: string): readonly Place[] {
    return this.dynamic.get(name) ?? [];
  }

  private add(schema: JsonSchema, outer: string, pointer: string): void {
    const base = baseOf(schema, outer);
    const place = { pointer, value: schema };
    if (base !== outer) this.enter(base, place);
    const { $id, $anchor, $dynamicAnchor, $recursiveAnchor } = schema;
    // Up to draft-07, an `$id` that is only a fragment is an anchor.
    const names = [$anchor, $dynamicAnchor, typeof $id === 'string' && $id.startsWith('#') ? $id.slice(1) : undefined];
    for (const name of names) if (typeof name === 'string' && name !== '') this.enter(`${base}#${name}`, place);
    if (typeof $dynamicAnchor === 'string') this.enterDynamic($dynamicAnchor, place);
    if ($recursiveAnchor === true) this.enterDynamic('', place);
    for (const [steps, child] of childrenOf(schema)) this.add(child, base, [pointer, ...steps.map(escaped)].join('/'));
  }

  private enter(url: string, place: Place): void {
    if (!this.byUrl.has(url)) this.byUrl.set(url, place);
  }

  private enterDynamic(name: string, place: Place): void {
    this.dynamic.set(name, [...this.withDynamicAnchor(name), place]);
  }
}

function baseOf({ $id }: JsonSchema, outer: string): string {
  if (typeof $id !== 'string' || $id.startsWith('#')) return outer;
  return resolved($id, outer)?.split('#')[0] ?? outer;
}

function resolved(reference: string, base: string): string | undefined {
  try {
    return new URL(reference, base).href;
  } catch {
    return undefined;
  }
}

function below({ pointer, value }: Place, fragment: string): Place | undefined {
  let [at, path] = [value, pointer];
  for (const step of fragment.slice(1).split('/')) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<string, unknown>)[key]
        : undefined;
    path = `${path}/${escaped(key)}`;
  }
  return isSchema(at) || typeof at === 'boolean' ? { pointer: path, value: at } : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns a key as one step of a pointer in a URL. */
function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')).replaceAll('%24', '$');
}

const NAMES = new Set(['$id', '$anchor', '$dynamicAnchor']);

class Rewriting {
  constructor(
    private readonly places: Places,
    private readonly unfollowed: Set<string>,
  ) {}

  schema(schema: JsonSchema, outer: string): JsonSchema {
    const base = baseOf(schema, outer);
    const entries = Object.entries(schema).flatMap(([word, value]): [string, unknown][] => {
      if (NAMES.has(word) && typeof value === 'string') return [];
      if (typeof value === 'string' && word === '$ref') return [this.reference(value, base)];
      if (typeof value === 'string' && (word === '$dynamicRef' || word === '$recursiveRef'))
        return [this.dynamicReference(value, base)];
      return [[word, withChildren(word, value, (child) => this.schema(child, base))]];
    });
    const parts = entries.filter(([word]) => word === 'allOf').flatMap(([, value]) => value as unknown[]);
    return { ...Object.fromEntries(entries), ...(parts.length > 0 && { allOf: parts }) };
  }

  private reference(reference: string, base: string): [string, unknown] {
    const place = this.places.find(reference, base);
    if (typeof place?.value === 'boolean') return ['allOf', [place.value]];
    if (place !== undefined) return ['$ref', place.pointer];
    this.unfollowed.add(reference);
    // A pointer without a target in its own schema must not be read as one from the root.
    return ['$ref', reference.startsWith('#') && base !== this.places.base ? resolved(reference, base) : reference];
  }

  /**
   * Rewrites a dynamic reference. Its target depends on the path that leads to it, so all possible
   * targets are kept for comparison.
   */
  private dynamicReference(reference: string, base: string): [string, unknown] {
    const [, name = ''] = reference.split('#');
    const places = this.places.withDynamicAnchor(name);
    if (places.length < 2) return this.reference(reference, base);
    return ['$dynamicRef', places.map(({ pointer }) => ({ $ref: pointer }))];
  }
}

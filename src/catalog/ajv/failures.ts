/**
 * Ajv reports one failure several times: a union with the errors of each of its alternatives, a condition with those of its
 * branch, a list without a fitting item with those of each item. Here each failure becomes one.
 */
import type { ErrorObject } from 'ajv';
import { boundedKey } from '../../common/bounded-key';
import { isSchema, resolveRef, type JsonSchema } from '../json-schema';
import { selectedAlternative } from '../schemas-at';

/** Keywords of which the errors of the schemas below them say nothing of the value on their own. */
const UNIONS = new Set(['anyOf', 'oneOf']);
const MAX_PLACES = 101;
const ABSORBING = new Set([...UNIONS, 'contains', 'not']);

/** @param root whose references are pointers into it */
export class Failures {
  private readonly nodes = new WeakMap<object, ReadonlySet<unknown>>();

  constructor(private readonly root: JsonSchema) {}

  /** The errors of Ajv, one for each place and cause. */
  of(errors: readonly ErrorObject[]): ErrorObject[] {
    const found: ErrorObject[] = [];
    for (const error of errors) {
      if (error.keyword === 'if') continue; // the errors of its branch are there
      // Ajv marks the errors of a key; `propertyNames` itself says which key it is.
      if (error.propertyName !== undefined && error.keyword !== 'propertyNames') continue;
      if (ABSORBING.has(error.keyword)) this.absorb(error, found);
      else found.push(error);
    }
    return oneForEachPlace(found);
  }

  private absorb(error: ErrorObject, found: ErrorObject[]): void {
    const below: unknown = error.schema;
    let first = found.length;
    while (first > 0 && isAtOrBelow(found[first - 1]?.instancePath ?? '', error.instancePath)) first--;
    const inside = found.splice(first).filter((each) => {
      if (this.isOf(below, each)) return true;
      found.push(each);
      return false;
    });
    const alternatives = UNIONS.has(error.keyword) && Array.isArray(below) ? (below as unknown[]) : [];
    const passing = (error.params as { passingSchemas?: unknown }).passingSchemas;
    const selected = passing ? undefined : selectedAlternative(alternatives, error.data, this.root);
    const own = selected === undefined ? [] : inside.filter((each) => this.isOf(alternatives[selected], each));
    // Not spread into push: there may be more than a call takes arguments.
    for (const each of own.length > 0 ? own : [error]) found.push(each);
  }

  /** Whether an error is one of a schema, or of what is in it. An Ajv that is not verbose does not tell. */
  private isOf(schema: unknown, { parentSchema }: ErrorObject): boolean {
    if (parentSchema === undefined || typeof schema !== 'object' || schema === null) return true;
    let nodes = this.nodes.get(schema);
    if (nodes === undefined) this.nodes.set(schema, (nodes = nodesOf(schema, this.root)));
    return nodes.has(parentSchema);
  }
}

function nodesOf(schema: unknown, root: JsonSchema, found = new Set<unknown>()): ReadonlySet<unknown> {
  if (typeof schema !== 'object' || schema === null || found.has(schema)) return found;
  found.add(schema);
  for (const each of Object.values(schema)) nodesOf(each, root, found);
  if (isSchema(schema)) nodesOf(resolveRef(schema, root), root, found);
  return found;
}

function isAtOrBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/**
 * Several keywords may refuse what stands in one place; the words for it name all that it has to be. Errors after the first of
 * MAX_PLACES places are only counted: the paths of thousands of them may be long, and are not shown.
 */
function oneForEachPlace(errors: readonly ErrorObject[]): ErrorObject[] {
  const byPlace = new Map<string, ErrorObject>();
  for (const [at, error] of errors.entries()) {
    if (byPlace.size >= MAX_PLACES) return [...byPlace.values(), ...errors.slice(at)];
    const place = boundedKey(placeOf(error));
    const known = byPlace.get(place);
    if (known === undefined || (error.keyword === 'type' && known.keyword !== 'type')) byPlace.set(place, error);
  }
  return [...byPlace.values()];
}

function placeOf({ instancePath, params, keyword }: ErrorObject): string {
  const field = fieldOf(params);
  return `${instancePath}${field === undefined ? '' : `/${field}`}${STANDARD.has(keyword) ? '' : ` ${keyword}`}`;
}

/** The field that an error of its object is about. */
export function fieldOf(params: unknown): string | undefined {
  const { missingProperty, additionalProperty, unevaluatedProperty, propertyName } = params as Readonly<
    Record<string, string | undefined>
  >;
  return missingProperty ?? additionalProperty ?? unevaluatedProperty ?? propertyName;
}

/** Those of JSON Schema and of Ajv, of which the message is never shown. */
export const STANDARD: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'format', 'maxItems', 'minItems', 'uniqueItems', 'maxContains'],
  ...['minContains', 'maxProperties', 'minProperties', 'required', 'dependentRequired', 'dependencies'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'contains', 'items', 'prefixItems'],
  ...['additionalItems', 'unevaluatedItems', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['false schema', 'nullable', 'discriminator', '$ref', 'dependentSchemas'],
]);

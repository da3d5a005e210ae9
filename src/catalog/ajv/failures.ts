/**
 * Reduces the errors of Ajv to one for each failure. Ajv reports a failure several times: a union
 * with the errors of each alternative, a condition with the errors of its branch, and a list
 * without a matching item with the errors of each item.
 */
import type { ErrorObject } from 'ajv';
import { boundedKey } from '../../common/bounded-key';
import { isSchema, resolveRef, type JsonSchema } from '../json-schema';
import { selectedAlternative } from '../schemas-at';

/** Keywords whose nested errors say nothing about the value on their own. */
const UNIONS = new Set(['anyOf', 'oneOf']);
const MAX_PLACES = 101;
const ABSORBING = new Set([...UNIONS, 'contains', 'not']);

/**
 * Merges the errors of one schema.
 * @param root schema that the reference pointers start from
 */
export class Failures {
  private readonly nodes = new WeakMap<object, ReadonlySet<unknown>>();

  constructor(private readonly root: JsonSchema) {}

  /** Returns one error for each place and cause. */
  of(errors: readonly ErrorObject[]): ErrorObject[] {
    const found: ErrorObject[] = [];
    for (const error of errors) {
      if (error.keyword === 'if') continue; // the errors of its branch are in the list too
      // Ajv marks the errors of a key. The error of `propertyNames` itself names the key.
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
    // Spreading into push would fail above the maximum number of arguments of a call.
    for (const each of own.length > 0 ? own : [error]) found.push(each);
  }

  /**
   * Returns true if an error belongs to a schema or to one nested in it. Also returns true for an
   * Ajv that is not verbose, because its errors do not name their schema.
   */
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
 * Keeps one error for each place, because the message names everything that the value must be.
 * Errors after the first MAX_PLACES places are only counted: building the paths of thousands of
 * errors is expensive, and they are never shown.
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

/** Returns the name of the field that an error of its object is about. */
export function fieldOf(params: unknown): string | undefined {
  const { missingProperty, additionalProperty, unevaluatedProperty, propertyName } = params as Readonly<
    Record<string, string | undefined>
  >;
  return missingProperty ?? additionalProperty ?? unevaluatedProperty ?? propertyName;
}

/** Keywords of JSON Schema and of Ajv, whose messages are never shown. */
export const STANDARD: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'format', 'maxItems', 'minItems', 'uniqueItems', 'maxContains'],
  ...['minContains', 'maxProperties', 'minProperties', 'required', 'dependentRequired', 'dependencies'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'contains', 'items', 'prefixItems'],
  ...['additionalItems', 'unevaluatedItems', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['false schema', 'nullable', 'discriminator', '$ref', 'dependentSchemas'],
]);

import { plainReferences } from '../compare/plain-references';
import type { JsonSchema } from '../json-schema';
import { isSchema } from '../json-schema';

const MAX_ROUNDS = 20;

/**
 * A schema with those that only its Ajv knows in its `$defs`, as JSON Schema bundles documents: what reads it then needs nothing
 * else. A reference to a schema that the Ajv does not know stays as it is.
 * @param added schemas by the key under which the Ajv has them
 */
export function bundledSchema(schema: JsonSchema, added: readonly (readonly [string, unknown])[]): JsonSchema {
  let bundle = schema;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { unfollowed } = plainReferences(bundle);
    const missing = added.filter(([key]) => unfollowed.some((reference) => isReferenceTo(key, reference)));
    const known = isSchema(bundle['$defs']) ? bundle['$defs'] : {};
    const fresh = missing.filter(([key, each]) => isSchema(each) && !Object.hasOwn(known, key));
    if (fresh.length === 0) return bundle;
    const more = fresh.map(([key, each]) => [key, { ...(each as object), $id: idOf(each, key) }]);
    bundle = { ...bundle, $defs: { ...known, ...(Object.fromEntries(more) as object) } };
  }
  return bundle;
}

function isReferenceTo(key: string, reference: string): boolean {
  const [address = ''] = reference.split('#');
  return address === key || address.endsWith(`/${key}`) || key.endsWith(`/${address}`);
}

/** A schema without an `$id` is known by the key that it was added under. */
function idOf(schema: unknown, key: string): unknown {
  return isSchema(schema) && typeof schema['$id'] === 'string' ? schema['$id'] : key;
}

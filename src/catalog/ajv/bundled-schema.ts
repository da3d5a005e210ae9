import { plainReferences } from '../plain-references';
import type { JsonSchema } from '../json-schema';
import { isSchema } from '../json-schema';

const MAX_ROUNDS = 20;

/**
 * Adds the schemas that only the Ajv instance knows to the `$defs` of a schema, as JSON Schema
 * bundles documents. The result can be read without the Ajv instance. A reference to a schema that
 * the Ajv instance does not know stays unchanged.
 * @param added schemas by their key in the Ajv instance
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

/** Returns the `$id` of a schema, or the key under which a schema without one was added. */
function idOf(schema: unknown, key: string): unknown {
  return isSchema(schema) && typeof schema['$id'] === 'string' ? schema['$id'] : key;
}

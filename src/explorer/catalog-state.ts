import type { EventDocument } from '../catalog/event-document';
import type { JsonSchema } from '../catalog/json-schema';
import type { SeenEvent, TrackingCatalog } from '../catalog/tracking-catalog';
import type { CatalogState, EventDocumentation, FieldDocumentation, SeenName } from './api';

const MAX_FIELDS = 300;
const MAX_DEPTH = 6;

/** Documentation of every event, with how often this process emitted it. */
export function catalogState(catalog: TrackingCatalog): CatalogState {
  const { seen, undocumented } = catalog.coverage();
  const byName = new Map(seen.map((each) => [each.name, each]));
  return {
    events: catalog.document.events.map((document) => documentationOf(document, byName.get(document.name))),
    undocumented: undocumented.map(seenName),
  };
}

/** Documentation of one event; undefined if the catalog does not have it. */
export function documentationFor(catalog: TrackingCatalog, name: string): EventDocumentation | undefined {
  const document = catalog.document.events.find((each) => each.name === name);
  return document && documentationOf(document, undefined);
}

function documentationOf(document: EventDocument, seen: SeenEvent | undefined): EventDocumentation {
  const { name, version, title, description, when, owner, source, deprecated, data, pii, examples } = document;
  const text = description ?? title;
  const fields: FieldDocumentation[] = [];
  if (isSchema(data)) collectFields(fields, data, 'data', pii, 0);
  return {
    ...{ name, version, source, fields, isDeprecated: deprecated !== null },
    ...(text !== null && { description: text }),
    ...(when !== null && { when }),
    ...(owner !== null && { owner }),
    ...(examples.length > 0 && { example: examples[0] }),
    ...(seen !== undefined && { seen: seenName(seen) }),
  };
}

function seenName({ name, count, firstAt, lastAt }: SeenEvent): SeenName {
  return { name, count, firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() };
}

type SchemaObject = Exclude<JsonSchema, boolean>;

function isSchema(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lists the fields that a schema names; what it describes in other ways is in its JSON. */
function collectFields(
  fields: FieldDocumentation[],
  schema: SchemaObject,
  path: string,
  pii: readonly string[],
  depth: number,
): void {
  const { properties, items, required } = schema;
  if (isSchema(items) && depth < MAX_DEPTH) collectFields(fields, items, `${path}.*`, pii, depth + 1);
  if (!isSchema(properties)) return;
  const needed = new Set(Array.isArray(required) ? required : []);
  for (const [name, field] of Object.entries(properties)) {
    if (fields.length >= MAX_FIELDS) return;
    if (!isSchema(field)) continue;
    const at = `${path}.${name}`;
    const { description } = field as { readonly description?: unknown };
    fields.push({
      ...{ path: at, type: typeText(field), isRequired: needed.has(name), isPersonal: isPersonal(at, pii) },
      ...(typeof description === 'string' && { description }),
    });
    if (depth < MAX_DEPTH) collectFields(fields, field, at, pii, depth + 1);
  }
}

function isPersonal(path: string, pii: readonly string[]): boolean {
  return pii.some((personal) => path === personal || path.startsWith(`${personal}.`));
}

function typeText(schema: SchemaObject): string {
  const { type, enum: values, const: value, anyOf, oneOf, $ref } = schema;
  if (Array.isArray(values)) return values.map((each) => JSON.stringify(each)).join(' | ');
  if (value !== undefined) return JSON.stringify(value);
  if (Array.isArray(type)) return type.join(' | ');
  if (typeof type === 'string') return type;
  const forms = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [];
  if (forms.length > 0) return forms.map((form) => (isSchema(form) ? typeText(form) : 'any')).join(' | ');
  return typeof $ref === 'string' ? ($ref.split('/').at(-1) ?? 'any') : 'any';
}

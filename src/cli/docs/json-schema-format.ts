/** Writes a JSON Schema for each logged event, for validators, and for completion in editors. */
import { JSON_SCHEMA_DIALECT, type JsonSchema } from '../../catalog/json-schema';
import { movedSchema } from './moved-schema';
import { portable } from './portable-schema';
import type { PrintedCatalog, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';

export function jsonSchemaFiles(catalog: PrintedCatalog): readonly PrintedFile[] {
  return [
    ...catalog.events.map((event) => ({ path: schemaFile(event), text: jsonText(eventSchemaDocument(event)) })),
    { path: 'catalog.json', text: jsonText(catalogDocument(catalog)) },
  ];
}

function schemaFile({ key }: PrintedEvent): string {
  return `${key}.schema.json`;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/**
 * Returns the id of an event's schema. Each version has a different id, so that a validator can
 * hold several.
 */
export function schemaId({ key, document }: PrintedEvent): string {
  return `urn:event-tracking:event:${key}:v${document.version}`;
}

function eventSchemaDocument(event: PrintedEvent): JsonSchema {
  return {
    $schema: JSON_SCHEMA_DIALECT,
    $id: schemaId(event),
    $comment: 'Written by "event-tracking catalog docs": change the definition, and print it again.',
    ...eventSchema(event, '#', portable),
  };
}

/**
 * Returns the facts about the events for which JSON Schema has no keyword. By default, Ajv is in
 * strict mode and refuses a schema with unknown keywords, even those with `x-`.
 */
function catalogDocument({ title, hash, events }: PrintedCatalog): object {
  return {
    writtenBy: 'event-tracking catalog docs',
    ...{ title, hash },
    events: events.map((event) => {
      const { name, version } = event.document;
      return { ...{ name, version, schema: schemaFile(event), id: schemaId(event) }, ...eventFacts(event) };
    }),
  };
}

/** Returns the facts about an event that are not in its schema. Omits missing ones. */
export function eventFacts({ document, pii }: PrintedEvent): Readonly<Record<string, unknown>> {
  const { hash, source, owner, since, deprecated } = document;
  const given = Object.entries({ owner, since, deprecated }).filter(([, value]) => value !== null);
  return { hash, source, ...Object.fromEntries(given), pii };
}

/**
 * Returns the schema of the whole event.
 * @param place JSON pointer to the schema in the document
 */
export function eventSchema(
  event: PrintedEvent,
  place: string,
  change: (schema: JsonSchema) => JsonSchema,
): JsonSchema {
  const { name, title, deprecated, data, context } = event.document;
  const part = (schema: JsonSchema | null, key: string): JsonSchema =>
    schema === null ? { type: 'object' } : movedSchema(schema, `${place}/properties/${key}`, change);
  const examples = event.examples.filter(({ fits }) => fits).map((example) => example.event);
  return {
    title: title ?? name,
    ...described(event),
    ...(deprecated !== null && { deprecated: true }),
    type: 'object',
    properties: {
      name: { const: name },
      timestamp: { type: 'string', format: 'date-time' },
      id: { type: 'string', description: 'The same each time that the event is delivered.' },
      context: part(context, 'context'),
      data: part(data, 'data'),
    },
    required: ['name', 'timestamp', 'id', 'context', 'data'],
    ...(examples.length > 0 && { examples }),
  };
}

export function described({ document: { description, when } }: PrintedEvent): { readonly description?: string } {
  const texts = [description, when === null ? null : `Emitted when: ${when}`].filter((text) => text !== null);
  return texts.length === 0 ? {} : { description: texts.join('\n\n') };
}

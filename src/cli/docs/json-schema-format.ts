/** A schema for each event as it stands in the log, for any validator, and for editors that complete what one writes. */
import { JSON_SCHEMA_DIALECT, type JsonSchema } from '../../catalog/json-schema';
import { movedSchema } from './moved-schema';
import type { PrintedCatalog, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';

export function jsonSchemaFiles({ events }: PrintedCatalog): readonly PrintedFile[] {
  return events.map((event) => ({ path: `${event.key}.schema.json`, text: jsonText(eventSchemaDocument(event)) }));
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Each version of an event has its own, so that a validator can hold several. */
export function schemaId({ key, document }: PrintedEvent): string {
  return `urn:event-tracking:event:${key}:v${document.version}`;
}

function eventSchemaDocument(event: PrintedEvent): JsonSchema {
  return {
    $schema: JSON_SCHEMA_DIALECT,
    $id: schemaId(event),
    $comment: 'Written by "event-tracking catalog docs": change the definition, and print it again.',
    ...eventSchema(event, '#', (schema) => schema),
  };
}

/**
 * The schema of the whole event.
 * @param place where it will stand in the document
 */
export function eventSchema(event: PrintedEvent, place: string, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const { name, title, version, hash, owner, since, source, deprecated, data, context } = event.document;
  const part = (schema: JsonSchema | null, key: string): JsonSchema =>
    schema === null ? { type: 'object' } : movedSchema(schema, `${place}/properties/${key}`, change);
  const examples = event.examples.filter(({ fits }) => fits).map((example) => example.event);
  return {
    title: title ?? name,
    ...described(event),
    ...(deprecated !== null && { deprecated: true, 'x-deprecated': deprecated }),
    ...{ 'x-version': version, 'x-hash': hash, 'x-source': source },
    ...(owner !== null && { 'x-owner': owner }),
    ...(since !== null && { 'x-since': since }),
    'x-pii': event.pii,
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

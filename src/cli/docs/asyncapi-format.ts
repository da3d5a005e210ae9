/**
 * Writes the catalog as one AsyncAPI document. It has one channel, since all events go to the
 * backends of the application, and a message and an operation for each event.
 */
import type { JsonSchema } from '../../catalog/json-schema';
import { described, eventFacts, eventSchema, jsonText } from './json-schema-format';
import { asDraft07, movedSchema } from './moved-schema';
import type { PrintedCatalog, PrintedContext, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';

export function asyncapiFiles(catalog: PrintedCatalog): readonly PrintedFile[] {
  return [{ path: 'asyncapi.json', text: jsonText(asyncapiDocument(catalog)) }];
}

type Json = Readonly<Record<string, unknown>>;

function asyncapiDocument({ title, hash, events, contexts }: PrintedCatalog): Json {
  const byKey = (make: (event: PrintedEvent) => unknown): Json =>
    Object.fromEntries(events.map((event) => [event.key, make(event)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title,
      // A catalog has no version number, so its hash is the version.
      version: hash,
      description: 'Written by "event-tracking catalog docs": change the definitions, and print it again.',
    },
    defaultContentType: 'application/json',
    channels: {
      events: {
        address: null,
        title: 'Events',
        description: 'One JSON text for each event. Where it goes, the backends of the application say.',
        messages: byKey(({ key }) => ({ $ref: `#/components/messages/${key}` })),
      },
    },
    operations: byKey(operation),
    components: {
      messages: byKey(message),
      schemas: {
        ...byKey(payloadSchema),
        ...Object.fromEntries(contexts.map((context) => [contextKey(context), contextSchema(context)])),
      },
    },
  };
}

function payloadSchema(event: PrintedEvent): JsonSchema {
  const facts = Object.entries({ version: event.document.version, ...eventFacts(event) });
  return {
    ...eventSchema(event, schemaPlace(event.key), asDraft07),
    ...Object.fromEntries(facts.map(([name, value]) => [`x-${name}`, value])),
  };
}

function schemaPlace(key: string): string {
  return `#/components/schemas/${key}`;
}

/**
 * Returns the key of a context. No event has the same key, since two hyphens in an event's key only
 * precede a hash.
 */
function contextKey({ key }: PrintedContext): string {
  return `context--${key}`;
}

function operation({ key, document: { title, name, when } }: PrintedEvent): Json {
  return {
    action: 'send',
    title: title ?? name,
    ...(when !== null && { description: `Emitted when: ${when}` }),
    channel: { $ref: '#/channels/events' },
    messages: [{ $ref: `#/channels/events/messages/${key}` }],
  };
}

function message(event: PrintedEvent): Json {
  const { key, document, examples } = event;
  const { name, title, deprecated, source, owner } = document;
  const fitting = examples.filter(({ fits }) => fits);
  return {
    name,
    title: title ?? name,
    ...described(event),
    contentType: 'application/json',
    tags: [
      { name: source },
      ...(owner === null ? [] : [{ name: owner }]),
      ...(deprecated === null ? [] : [DEPRECATED]),
    ],
    payload: { $ref: schemaPlace(key) },
    ...(fitting.length > 0 && { examples: fitting.map((example) => ({ payload: example.event })) }),
  };
}

const DEPRECATED = { name: 'deprecated' };

function contextSchema(context: PrintedContext): JsonSchema {
  const { name, title, description, when, fields, pii } = context.document;
  const place = schemaPlace(contextKey(context));
  return {
    ...(fields === null ? { type: 'object' } : movedSchema(fields, place, asDraft07)),
    title: title ?? `Context ${name}`,
    ...(description !== null && { description }),
    'x-context': name,
    ...(when !== null && { 'x-when': when }),
    'x-pii': pii,
  };
}

import { z, type ZodType } from 'zod';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent } from '../../../src/catalog/define-event';
import facts from './open-edx-events.json';

interface Field {
  readonly name: string;
  readonly type: string;
}

interface Fact {
  readonly name: string;
  readonly section: string;
  readonly source: string | null;
  readonly added: string | null;
  readonly deprecated: boolean;
  readonly eventFields: readonly Field[];
  readonly contextFields: readonly Field[];
}

const TYPES: Readonly<Record<string, ZodType>> = {
  string: z.string(),
  number: z.number(),
  float: z.number(),
  integer: z.int(),
  boolean: z.boolean(),
  datetime: z.iso.datetime(),
  object: z.record(z.string(), z.unknown()),
  list: z.array(z.unknown()),
  array: z.array(z.unknown()),
  'array of strings': z.array(z.string()),
};

function fields(facts: readonly Field[]): z.ZodObject {
  return z.object(Object.fromEntries(facts.map(({ name, type }) => [name, TYPES[type] ?? z.unknown()])));
}

const { events }: { readonly events: readonly Fact[] } = facts;

/**
 * The names, fields and dates of the 192 events in the documentation of Open edX (see `origin` in
 * the file).
 */
export const catalog = defineCatalog(
  events.map(({ name, section, source, added, deprecated, eventFields, contextFields }) =>
    defineEvent(name, {
      title: section.replace(/s$/, ''),
      source: source?.startsWith('Browser') === true ? 'browser' : 'server',
      since: added ?? undefined,
      data: fields(eventFields),
      context: contextFields.length > 0 ? fields(contextFields) : undefined,
      deprecated: deprecated ? { since: 'unknown' } : undefined,
    }),
  ),
);

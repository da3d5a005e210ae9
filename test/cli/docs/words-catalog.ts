import { z } from 'zod';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent } from '../../../src/catalog/define-event';

const Place = z.object({ city: z.string() }).meta({ id: 'Place', 'x-unit': 'none' });

/** What a schema library writes besides the keywords of JSON Schema. */
export const catalog = defineCatalog([
  defineEvent('words', {
    data: z.object({
      ...{ from: Place, to: Place },
      ...{ lower: z.string().lowercase(), starts: z.string().startsWith('a'), cuid: z.cuid2(), nano: z.nanoid() },
      ...{ mail: z.email(), id: z.uuid(), at: z.iso.datetime(), mac: z.jwt() },
      either: z.union([z.string(), z.number()]).nullable(),
      noted: z.string().meta({ 'x-note': 'internal' }),
    }),
  }),
]);

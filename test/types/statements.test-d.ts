/** Compiled by `tsc --noEmit`, never run: what the `xapi` of a definition lets through. */
import { z } from 'zod';
import { defineEvent, type EventData } from 'nestjs-event-tracking';

type Equal<A, B> = [A, B] extends [B, A] ? true : false;

const verb = { id: 'https://verbs.example/paid', display: 'paid' };
const object = { id: 'https://shop.example/invoices' };
const data = z.object({ invoice_id: z.string(), amount: z.number(), title: z.string().optional() });
const context = z.object({ user_id: z.number() });

export const Paid = defineEvent('invoice.paid', {
  data,
  context,
  xapi: {
    verb: ({ data: { amount } }) => (amount > 0 ? verb : { ...verb, display: { en: 'paid', de: 'bezahlt' } }),
    object: {
      id: ({ data: { invoice_id }, context: { user_id } }) => `urn:${invoice_id}:${user_id.toFixed()}`,
      type: 'https://types.example/invoice',
      name: { en: '{data.title}', de: ({ data: { title } }) => title },
      extensions: {
        'https://x.example/amount': '{data.amount}',
        'https://x.example/parts': ['a', 1],
        'https://x.example/user': ({ context: { user_id } }) => user_id,
      },
    },
    result: {
      success: true,
      completion: '{data.done}',
      duration: 'PT1M',
      response: ({ data: { title } }) => title,
      score: ({ data: { amount } }) => ({ raw: amount }),
    },
    context: { grouping: { id: '{rootUrl}/shops/1' }, course: false },
  },
});
true satisfies Equal<(typeof Paid)['name'], 'invoice.paid'>;
// Inferred from the schema alone.
true satisfies Equal<EventData<typeof Paid>, { invoice_id: string; amount: number; title?: string | undefined }>;

defineEvent('a', { xapi: { verb, object: () => object, data } as never });
defineEvent('a', { xapi: { verb, object, result: () => undefined } });
// The order of the options makes no difference.
defineEvent('a', { xapi: { verb, object: { id: ({ data: { invoice_id } }) => `urn:${invoice_id}` } }, data });

// @ts-expect-error a statement without a verb
defineEvent('a', { xapi: { object } });
// @ts-expect-error a statement without an object
defineEvent('a', { xapi: { verb } });
// @ts-expect-error an object without an id
defineEvent('a', { xapi: { verb, object: { type: 'https://types.example/invoice' } } });
// @ts-expect-error an option that there is not
defineEvent('a', { xapi: { verb, object, actor: () => 'ada' } });
// @ts-expect-error a field of the data that there is not
defineEvent('a', { data, xapi: { verb, object: { id: (event) => `urn:${event.data.invoice}` } } });
// @ts-expect-error a field of data without a schema
defineEvent('a', { xapi: { verb, object: { id: (event) => `urn:${event.data.invoice_id}` } } });
// @ts-expect-error a field of a context that the definition does not declare
defineEvent('a', { data, xapi: { verb, object: { id: (event) => `urn:${event.context.user_id}` } } });
// @ts-expect-error a function that returns a number as an id
defineEvent('a', { data, xapi: { verb, object: { id: (event) => event.data.amount } } });
// @ts-expect-error a function that is async
defineEvent('a', { data, xapi: { verb, object: { id: async (event) => Promise.resolve(event.data.invoice_id) } } });
// @ts-expect-error a string that is no placeholder as a number
defineEvent('a', { xapi: { verb, object, result: { score: { raw: 'data.amount' } } } });
// @ts-expect-error a placeholder that begins nowhere
defineEvent('a', { xapi: { verb, object, result: { success: '{ok}' } } });
// @ts-expect-error an object that a function returns without its id
defineEvent('a', { xapi: { verb, object: () => ({ type: 'https://types.example/invoice' }) } });

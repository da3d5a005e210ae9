import { defineEvent, EventDefinitionException } from 'nestjs-event-tracking';
import type { EventDefinitionOptions } from 'nestjs-event-tracking/types';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { z } from 'zod';

const data = z.object({ invoice_id: z.string(), lines: z.array(z.object({ sku: z.string() })) });
const verb = { id: 'https://verbs.example/paid', display: 'paid' };
const object = { id: '{rootUrl}/invoices/{data.invoice_id}' };

const define = (xapi: unknown, schema: EventDefinitionOptions['data'] = data) =>
  defineEvent('invoice.paid', { data: schema, xapi: xapi as never });

function errorsIn(xapi: unknown): string[] {
  try {
    define(xapi);
  } catch (error) {
    if (error instanceof EventDefinitionException) return error.errors.map(({ option, what }) => `${option}: ${what}`);
    throw error;
  }
  return [];
}

describe('The xapi of a definition', () => {
  it('is in the document of the event, with its functions as "(computed)"', () => {
    const { document } = define({
      verb,
      object: { ...object, type: 'https://types.example/invoice', name: () => 'Invoice' },
      result: () => ({ success: true }),
      context: { course: false, extensions: { 'urn:lines': '{data.lines.0.sku}', 'urn:at': new Date(0) } },
    });
    expect(document.xapi).toEqual({
      verb,
      object: { ...object, type: 'https://types.example/invoice', name: '(computed)' },
      result: '(computed)',
      context: {
        course: false,
        extensions: { 'urn:lines': '{data.lines.0.sku}', 'urn:at': '1970-01-01T00:00:00.000Z' },
      },
    });
  });

  it('changes the hash of the document, which is as before without it', () => {
    const bare = defineEvent('invoice.paid', { data }).document;
    expect(bare).not.toHaveProperty('xapi');
    expect(define(undefined).document.hash).toBe(bare.hash);
    expect(define({ verb, object }).document.hash).not.toBe(bare.hash);
    expect(define({ verb, object }).document.hash).toBe(define({ verb, object }).document.hash);
  });

  it('may have placeholders for all that the schema leaves open', () => {
    const open = jsonSchema({ type: 'object', properties: {} });
    expect(() => define({ verb, object: { id: 'urn:{data.any.thing}:{context.user_id}' } }, open)).not.toThrow();
    expect(() => defineEvent('a', { xapi: { verb, object: { id: '{data.url}' } } })).not.toThrow();
  });

  it.each([
    [
      'a value that is no object',
      'paid',
      [
        'xapi: it is a string of 4 characters; expected an object with verb, object, result, context, or a function that returns it',
      ],
    ],
    ['a function', () => ({ verb, object }), ['xapi: it is a function']],
    ['nothing in it', {}, ['xapi.verb: it is missing', 'xapi.object: it is missing']],
    ['a part that there is not', { verb, object, actor: 'ada' }, ['xapi.actor: the field is unknown']],
    [
      'a verb without a valid id',
      { verb: { id: 'paid', name: 'paid' }, object: { type: 'invoice' } },
      [
        'xapi.verb.id: it is a string of 4 characters; expected an absolute IRI, or a function that returns it',
        'xapi.verb.name: the field is unknown',
        'xapi.object.id: it is missing',
        'xapi.object.type: it is a string of 7 characters; expected an absolute IRI, or a function that returns it',
      ],
    ],
    [
      'values of other types',
      { verb, object, result: { success: 'yes', score: { raw: '1' }, duration: '90', response: '' } },
      [
        'xapi.result.success: it is a string of 3 characters; expected true or false, or a function that returns it',
        'xapi.result.score.raw: it is a string of 1 character; expected a finite number, or a function that returns it',
        'xapi.result.duration: it is a string of 2 characters; expected an ISO 8601 duration such as PT3M15S, or a function that returns it',
        'xapi.result.response: it is an empty string; expected a string that is not empty, or a function that returns it',
      ],
    ],
    [
      'keys that do not fit',
      { verb: { ...verb, display: { 'en us': 'paid' } }, object: { ...object, extensions: { currency: 'EUR' } } },
      [
        'xapi.verb.display.(a name of 5 characters): its key does not fit: it is no language tag',
        'xapi.object.extensions.currency: its key does not fit: it is no absolute IRI',
      ],
    ],
    [
      'an async function',
      { verb, object: { id: async () => Promise.resolve('urn:1') } },
      ['xapi.object.id: it is an async function, but its result is not awaited'],
    ],
    [
      'placeholders that lead nowhere',
      {
        verb,
        object: { id: 'urn:{data.invoce_id}', name: '{invoice_id}', description: '{data.lines.*.sku}' },
        result: { response: '{data.invoice_id.a}' },
      },
      [
        'xapi.object.id: its placeholder "data.invoce_id" leads nowhere: "data" has no field "invoce_id"',
        'xapi.object.name: its placeholder "invoice_id" leads nowhere: it does not begin with data or context',
        'xapi.object.description: its placeholder "data.lines.*.sku" has a star in it, and so leads to more than one value',
        'xapi.result.response: its placeholder "data.invoice_id.a" leads nowhere: "data.invoice_id" has no fields',
      ],
    ],
    [
      'a number in a longer string',
      { verb, object, result: { score: { raw: '{data.invoice_id} points' } } },
      ['xapi.result.score.raw: its placeholder is part of a longer string'],
    ],
    [
      'an id that is no IRI whatever the event',
      { verb, object: { id: 'invoices/{data.invoice_id}', type: '{rootUrl} {data.invoice_id}' } },
      ['xapi.object.id: it makes no absolute IRI', 'xapi.object.type: it makes no absolute IRI'],
    ],
  ])('with %s is an error', (_title, xapi, expected) => {
    expect(errorsIn(xapi)).toEqual(expected);
  });

  it('has errors with their fixes, next to the other errors of the definition', () => {
    const make = () =>
      defineEvent('a', { title: 1 as never, data, xapi: { verb, object: { id: 'urn:{data.invoce_id}' } } });
    expect(make).toThrow('defineEvent("a") has 2 errors.');
    expect(make).toThrow("Fix: 'data.invoice_id'");
  });
});

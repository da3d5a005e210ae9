import { defineCatalog, defineEvent } from 'nestjs-event-tracking';
import type { EventDefinitionOptions } from 'nestjs-event-tracking/types';
import {
  LearningMappingException,
  openEdxRows,
  toXapi,
  type Statement,
  type XapiOptions,
} from 'nestjs-event-tracking/xapi';
import { z } from 'zod';

type Xapi = NonNullable<EventDefinitionOptions['xapi']>;

const verb = { id: 'https://verbs.example/paid', display: 'paid' };
const object = { id: '{rootUrl}/invoices/{data.invoice}' };
const event = {
  id: '0198c2f0-7f3e-7c11-9d55-1f2a3b4c5d6e',
  name: 'invoice.paid',
  timestamp: new Date('2026-03-01T10:00:00.250Z'),
  context: { user_id: 42, currency: 'EUR' },
  data: { invoice: 'R-7', amount: 12.5, title: 'Chairs', items: ['a', 'b'], nothing: null, done: false },
};

function statementOf(xapi: unknown, options: Partial<XapiOptions> = {}, given: object = event): Statement | undefined {
  const catalog = [defineEvent('invoice.paid', { xapi: xapi as Xapi })];
  return toXapi({ rootUrl: 'https://shop.example/', catalog, ...options })(given)[0];
}

describe('The statement of a definition', () => {
  it('has the constants, the values of placeholders and the results of functions', () => {
    const Paid = defineEvent('invoice.paid', {
      data: z
        .object({ invoice: z.string(), amount: z.number(), title: z.string(), items: z.array(z.string()) })
        .loose(),
      context: z.object({ user_id: z.number(), currency: z.string() }),
      xapi: {
        verb,
        object: {
          ...object,
          type: 'https://types.example/invoice',
          name: { en: '{data.title}', de: 'Rechnung {data.invoice}' },
          description: ({ context }) => `in ${context.currency}`,
          extensions: { 'https://x.example/items': '{data.items}', 'https://x.example/first': '{data.items.0}' },
        },
        result: {
          success: true,
          completion: '{data.done}',
          duration: 'PT1M30S',
          response: ({ data }) => data.items.join(', '),
          score: ({ data }) => ({ raw: data.amount, min: 0 }),
        },
        context: {
          extensions: { 'https://x.example/currency': '{context.currency}' },
          grouping: { id: '{rootUrl}/shops/1', name: 'Shop' },
        },
      },
    });
    expect(toXapi({ rootUrl: 'https://shop.example', catalog: [Paid] })(event)).toEqual([
      {
        id: expect.any(String),
        actor: { objectType: 'Agent', account: { name: '42', homePage: 'https://shop.example' } },
        verb: { id: 'https://verbs.example/paid', display: { en: 'paid' } },
        object: {
          id: 'https://shop.example/invoices/R-7',
          objectType: 'Activity',
          definition: {
            type: 'https://types.example/invoice',
            name: { en: 'Chairs', de: 'Rechnung R-7' },
            description: { en: 'in EUR' },
            extensions: { 'https://x.example/items': ['a', 'b'], 'https://x.example/first': 'a' },
          },
        },
        result: {
          success: true,
          completion: false,
          duration: 'PT1M30S',
          response: 'a, b',
          score: { raw: 12.5, min: 0 },
        },
        context: {
          contextActivities: {
            grouping: [
              { id: 'https://shop.example/shops/1', objectType: 'Activity', definition: { name: { en: 'Shop' } } },
            ],
          },
          extensions: {
            'https://w3id.org/xapi/openedx/extension/transformer-version': 'nestjs-event-tracking',
            'https://x.example/currency': 'EUR',
          },
        },
        timestamp: '2026-03-01T10:00:00.250000+00:00',
        version: '1.0.3',
      },
    ]);
  });

  it('can have its verb, its object and its result made by functions as a whole', () => {
    const statement = statementOf({
      verb: () => ({ id: 'https://verbs.example/refunded' }),
      object: () => ({ id: 'urn:1', type: undefined, name: null, extensions: { 'urn:x': null } }),
      result: () => ({ success: true, score: { raw: null } }),
      context: () => null,
    });
    expect(statement).toMatchObject({ verb: { id: 'https://verbs.example/refunded' }, result: { success: true } });
    expect(statement?.object).toEqual({ id: 'urn:1', objectType: 'Activity' });
  });

  it.each([
    ['no result at all', { result: { response: '{data.none}', score: { raw: '{data.nothing}' } } }, undefined],
    ['no response', { result: { success: true, response: () => null } }, { success: true }],
    [
      '0 and false',
      { result: { success: '{data.done}', score: { raw: () => 0 } } },
      { success: false, score: { raw: 0 } },
    ],
    ['no grouping without its id', { context: { grouping: { id: 'urn:{data.none}', name: 'Shop' } } }, undefined],
  ])('has %s for values that are missing', (_title, parts, result) => {
    const statement = statementOf({ verb, object, ...parts });
    expect(statement?.result).toEqual(result);
    expect(statement?.context).not.toHaveProperty('contextActivities');
  });

  it('has the course of the event as its parent, unless the definition says otherwise', () => {
    const given = { ...event, context: { ...event.context, course_id: 'course-v1:a+b+c' } };
    const parents = (context: object) => statementOf({ verb, object, context }, {}, given)?.context?.contextActivities;
    expect(parents({})?.parent?.[0]?.id).toBe('https://shop.example/course/course-v1:a+b+c');
    expect(parents({ course: false })).toBeUndefined();
  });

  it('has the characters of its ids encoded that no IRI may have, and no others', () => {
    const data = { invoice: 'course-v1:a+b ü/"{1}"?x=%20' };
    expect(statementOf({ verb, object }, {}, { ...event, data })?.object.id).toBe(
      'https://shop.example/invoices/course-v1:a+b%20ü/%22%7B1%7D%22?x=%20',
    );
  });

  it('is made of a line of a tracking log too, with its data as JSON text', () => {
    const { data, name, context } = event;
    const line = { event_type: name, event: JSON.stringify(data), time: '2026-03-01T10:00:00Z', context };
    const response = ({ data: { items } }: { data: { items: string[] } }): string => items.join('');
    expect(statementOf({ verb, object, result: { response } }, {}, line)).toMatchObject({
      object: { id: 'https://shop.example/invoices/R-7' },
      result: { response: 'ab' },
    });
  });
});

describe('The definition of a statement', () => {
  const named = (name: string, id: string) => defineEvent(name, { xapi: { verb: { id }, object: { id: 'urn:1' } } });
  const catalog = defineCatalog([named('play_video', 'urn:defined'), defineEvent('pause_video')]);
  const verbOf = (name: string, options: Partial<XapiOptions> = {}) => {
    const given = { ...event, name, context: { ...event.context, course_id: 'course-v1:a+b+c' }, data: { id: 'v' } };
    return toXapi({ rootUrl: 'https://lms.example', catalog, ...options })(given)[0]?.verb.id;
  };

  it('replaces the row of Open edX, and is replaced by a row of the options', () => {
    expect(verbOf('play_video')).toBe('urn:defined');
    expect(verbOf('play_video', { openEdx: false })).toBe('urn:defined');
    expect(verbOf('pause_video')).toBe((openEdxRows['pause_video'] as { verb: { id: string } }).verb.id);
    const row = { verb: { id: 'urn:row' }, object: { id: { const: 'urn:1' } } };
    expect(verbOf('play_video', { rows: { play_video: row } })).toBe('urn:row');
  });

  it('is changed by overrides like any row', () => {
    expect(verbOf('play_video', { override: { '*': { verb: () => ({ id: 'urn:changed' }) } } })).toBe('urn:changed');
  });

  it('is given to toXapi in a catalog, or the error says what is wrong', () => {
    const make = () => toXapi({ rootUrl: 'https://shop.example', catalog: [{ name: 'invoice.paid' }] as never });
    expect(make).toThrow('catalog is wrong at [0]: it is an object, not a definition.');
  });
});

describe('An event that its definition makes no statement of', () => {
  const fail = (error: unknown) => () => {
    throw error;
  };
  it.each([
    ['a missing value', { object: { id: 'urn:{data.none}' } }, 'data.none is missing'],
    ['a missing id', { object: { id: () => null } }, 'xapi.object.id() of its definition returned nothing'],
    ['a missing verb', { verb: () => undefined }, 'xapi.verb() of its definition returned nothing'],
    ['a function that throws', { verb: fail(new RangeError('R-7')) }, 'xapi.verb() of its definition threw RangeError'],
    [
      'a function that throws no error',
      { result: fail('R-7') },
      'xapi.result() of its definition threw a value that is not an error',
    ],
    [
      'a text as an id',
      { object: { id: () => 'R-7' } },
      'xapi.object.id() of its definition returned a string; expected an absolute IRI',
    ],
    [
      'a value as an id that is none',
      { object: { id: '{data.invoice}' } },
      'xapi.object.id of its definition is a string; expected an absolute IRI',
    ],
    [
      'a text as a number',
      { result: { score: { raw: '{data.title}' } } },
      'xapi.result.score.raw of its definition is a string; expected a finite number',
    ],
    [
      'NaN as a number',
      { result: () => ({ score: { raw: NaN } }) },
      'xapi.result() of its definition returned score.raw: a number; expected a finite number',
    ],
    [
      'a promise',
      { result: { response: () => Promise.reject(new Error('R-7')) } },
      'xapi.result.response() of its definition returned a promise, which is not awaited; expected a string that is not empty',
    ],
    [
      'a field that there is not',
      { object: () => ({ id: 'urn:1', homepage: 'R-7' }) },
      'xapi.object() of its definition returned homepage: a string; expected an object with id, type, name, description, extensions',
    ],
    [
      'an object without its id',
      { object: () => ({ type: 'urn:1' }) },
      'xapi.object() of its definition returned id: nothing; expected a value',
    ],
    [
      'a list',
      { verb: () => ['R-7'] },
      'xapi.verb() of its definition returned a list; expected an object with id, display',
    ],
  ])('because of %s is refused, without a value in the message', (_title, parts, problem) => {
    const make = () => statementOf({ verb, object, ...parts });
    expect(make).toThrow(LearningMappingException);
    expect(make).toThrow(`No xAPI statement for "invoice.paid": ${problem}.`);
    expect(make).not.toThrow('R-7');
  });
});

import {
  LearningMappingException,
  openEdxRows,
  toXapi,
  type XapiOptions,
  type XapiRow,
} from 'nestjs-event-tracking/xapi';
import { TrackingConfigException } from 'nestjs-event-tracking';

const rootUrl = 'https://shop.example/';
const paid: XapiRow = {
  verb: { id: 'https://verbs.example/paid', display: 'paid' },
  object: {
    id: { iri: ['invoices', '!data.invoice'] },
    type: 'https://types.example/invoice',
    name: ['en', 'data.title'],
  },
  result: {
    success: { const: true },
    score: { raw: 'data.amount' },
    extensions: { 'https://x.example/currency': 'currency' },
  },
};

const event = {
  id: '0198c2f0-7f3e-7c11-9d55-1f2a3b4c5d6e',
  name: 'invoice.paid',
  timestamp: new Date('2026-03-01T10:00:00.250Z'),
  context: { user_id: 42, session: 's1' },
  data: { invoice: 'R-7', amount: 12.5, title: '', price: { currency: 'EUR' } },
};

const one = (options: Partial<XapiOptions>, given: object = event) =>
  toXapi({ rootUrl, rows: { 'invoice.paid': paid }, ...options })(given)[0];

describe('A row of your own', () => {
  it('makes a statement of your own event', () => {
    expect(one({})).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{14}5/),
      actor: { objectType: 'Agent', account: { name: '42', homePage: 'https://shop.example' } },
      verb: { id: 'https://verbs.example/paid', display: { en: 'paid' } },
      object: {
        id: 'https://shop.example/invoices/R-7',
        objectType: 'Activity',
        definition: { type: 'https://types.example/invoice' },
      },
      result: { success: true, score: { raw: 12.5 }, extensions: { 'https://x.example/currency': 'EUR' } },
      context: {
        extensions: {
          'https://w3id.org/xapi/openedx/extension/transformer-version': 'nestjs-event-tracking',
          'https://w3id.org/xapi/openedx/extensions/session-id': 's1',
        },
      },
      timestamp: '2026-03-01T10:00:00.250000+00:00',
      version: '1.0.3',
    });
  });

  it('can read values with functions', () => {
    const row: XapiRow = {
      ...paid,
      object: { id: ({ data }) => `urn:${(data as { invoice: string }).invoice}` },
    };
    expect(one({ rows: { 'invoice.paid': row } })?.object.id).toBe('urn:R-7');
  });

  it('replaces the row of Open edX with its name', () => {
    const rows = { play_video: paid };
    expect(one({ rows }, { ...event, name: 'play_video' })?.verb.id).toBe('https://verbs.example/paid');
  });

  it('can be a function that makes several statements with different ids', () => {
    const verb = { id: 'https://verbs.example/split' };
    const convert = toXapi({
      rootUrl,
      rows: {
        'invoice.paid': (_event, { statementId }) => [
          { verb, object: { id: 'urn:1' } },
          { verb, object: { id: statementId(verb) }, key: 'second' },
        ],
      },
    });
    const [first, second] = convert(event);
    expect(second?.object.id).toBe(first?.id);
    expect(second?.id).not.toBe(first?.id);
  });
});

describe('An override', () => {
  it('changes each part, for one name and for all', () => {
    const statement = one({
      override: {
        '*': { actor: (actor) => ({ ...actor, name: 'Ada' }), context: (context) => ({ ...context, platform: 'web' }) },
        'invoice.paid': {
          verb: () => ({ id: 'https://verbs.example/settled' }),
          object: (object) => ({ ...object, id: 'urn:other' }),
          result: () => undefined,
        },
      },
    });
    expect(statement).toMatchObject({
      actor: { name: 'Ada' },
      verb: { id: 'https://verbs.example/settled' },
      object: { id: 'urn:other' },
      context: { platform: 'web' },
    });
    expect(statement).not.toHaveProperty('result');
  });

  it('changes the id with the actor and the verb', () => {
    const verb = (): { id: string } => ({ id: 'https://verbs.example/settled' });
    expect(one({ override: { '*': { verb } } })?.id).not.toBe(one({})?.id);
  });
});

describe('The actor', () => {
  it.each([
    [
      'an account elsewhere',
      { account: { name: 'a', homePage: 'https://id.example' } },
      { account: { name: 'a', homePage: 'https://id.example' } },
    ],
    ['an address', { mbox: 'a@b.example' }, { mbox: 'mailto:a@b.example' }],
    ['an address with its scheme', { mbox: 'mailto:a@b.example' }, { mbox: 'mailto:a@b.example' }],
    ['a hash', { mbox_sha1sum: 'ab'.repeat(20) }, { mbox_sha1sum: 'ab'.repeat(20) }],
    ['an OpenID', { openid: 'https://a.example' }, { openid: 'https://a.example' }],
  ])('can be %s', (_title, choice, expected) => {
    expect(one({ actor: () => choice })?.actor).toEqual({ objectType: 'Agent', ...expected });
  });

  it('is asked for with the user of the event', () => {
    const actor = jest.fn(() => 'u');
    one({ actor });
    expect(actor).toHaveBeenCalledWith(event, '42');
  });
});

describe('The id of a statement', () => {
  it("is the event's id with ids: 'event'", () => {
    expect(one({ ids: 'event' })?.id).toBe(event.id);
  });

  it("differs for two events of one moment with ids: 'event' only", () => {
    const other = { ...event, id: '0198c2f0-7f3e-7c11-9d55-1f2a3b4c5d6f', data: { invoice: 'R-8' } };
    expect(one({}, other)?.id).toBe(one({})?.id);
    expect(one({ ids: 'event' }, other)?.id).not.toBe(one({ ids: 'event' })?.id);
  });

  it.each(['an id of another kind', ''])('is a UUID or an error for the id "%s"', (id) => {
    const convert = () => one({ ids: 'event' }, { ...event, id })?.id;
    if (id === '') expect(convert).toThrow(LearningMappingException);
    else expect(convert()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });
});

describe('An event', () => {
  it('without a row has no statement', () => {
    expect(toXapi({ rootUrl })({ ...event, name: 'unknown' })).toEqual([]);
    expect(toXapi({ rootUrl, openEdx: false })({ ...event, name: 'play_video' })).toEqual([]);
  });

  it.each([
    ['no user', { context: {} }, 'it has no user_id and no username'],
    ['no value for a required field', { data: {} }, 'data.invoice is missing'],
    ['a time without zone', { timestamp: '2026-03-01T10:00:00' }, 'its time is not a time with a zone'],
    ['a number as its time', { timestamp: 1772359200 }, 'its time is not a time with a zone'],
  ])('with %s is refused, without a value in the message', (_title, change, problem) => {
    const convert = () => one({}, { ...event, ...change });
    expect(convert).toThrow(LearningMappingException);
    expect(convert).toThrow(`No xAPI statement for "invoice.paid": ${problem}.`);
  });

  it('is refused without the message of a function that threw, which may quote it', () => {
    const actor = (): never => {
      throw new RangeError('secret');
    };
    expect(() => one({ actor })).toThrow('actor() threw RangeError');
  });

  it('can be a line of a tracking log with its data as JSON text', () => {
    const line = {
      event_type: 'invoice.paid',
      event: JSON.stringify(event.data),
      time: '2026-03-01T10:00:00Z',
      username: 'ada',
    };
    expect(one({}, line)).toMatchObject({
      actor: { account: { name: 'ada' } },
      result: { extensions: { 'https://x.example/currency': 'EUR' } },
      timestamp: '2026-03-01T10:00:00+00:00',
    });
  });
});

describe('toXapi', () => {
  it('makes statements of version 2.0', () => {
    expect(one({ version: '2.0' })?.version).toBe('2.0.0');
  });

  it('knows the 65 events of Open edX', () => {
    expect(Object.keys(openEdxRows)).toHaveLength(65);
  });

  it('reports all errors in its options at once', () => {
    const options = {
      rootUrl: 'shop',
      ids: 'uuid',
      rows: { a: {} },
      override: { b: { verbs: 1 } },
      actor: async () => Promise.resolve('u'),
    };
    const make = () => toXapi(options as never);
    expect(make).toThrow(TrackingConfigException);
    for (const part of ['rootUrl', 'ids', 'rows["a"]', 'override["b"]', 'actor']) expect(make).toThrow(part);
  });
});

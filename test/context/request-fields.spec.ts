import { createHash, createHmac } from 'node:crypto';
import type { RequestContextOptions } from '../../src/context/request-context-options';
import { REQUEST_FIELDS, RequestFields, type TrackedRequest } from '../../src/context/request-fields';
import type { EventFields } from '../../src/event/tracking-event';

type Request = Partial<TrackedRequest> & Record<string, unknown>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/;
const sha = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const hmac = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex').slice(0, 32);

/** Reads all fields of a request. */
function read(given: Request, options: RequestContextOptions = {}) {
  const onFault = jest.fn();
  const fields = new RequestFields(options, onFault);
  const request = { headers: {}, ...given } as TrackedRequest;
  const entered = fields.enter(request, { id: undefined });
  const values: EventFields = {};
  const [once, atEmit] = [fields.once(request, entered), fields.atEmit(request, entered)];
  once.addTo(values);
  atEmit.addTo(values);
  return { values, fields, onFault, once, atEmit, entered, request };
}

const fieldsOf = (given: Request, options?: RequestContextOptions): EventFields => read(given, options).values;

describe('RequestFields', () => {
  it('reads the fields of a request', () => {
    const headers = { 'user-agent': 'curl', referer: '/from', 'accept-language': 'de', host: 'example.org' };
    const values = fieldsOf({
      method: 'GET',
      originalUrl: '/a?b=c',
      ip: '1.2.3.4',
      headers,
      user: { id: 7, name: 'ann' },
    });
    expect(values).toEqual({
      ...{ request_id: expect.stringMatching(UUID), ip: '1.2.3.4', agent: 'curl', host: 'example.org', path: '/a' },
      ...{ referer: '/from', accept_language: 'de', method: 'GET', user_id: 7, username: 'ann' },
    });
  });

  it('leaves out what a request does not have', () => {
    expect(Object.keys(fieldsOf({}))).toEqual(['request_id']);
  });

  it('prefers what the platform knows behind a proxy', () => {
    const headers = { host: 'internal' };
    expect(fieldsOf({ headers, host: 'example.org', url: '/x', originalUrl: '/api/x' })).toMatchObject({
      ...{ host: 'example.org', path: '/api/x' },
    });
    expect(fieldsOf({ socket: { remoteAddress: '9.9.9.9' } })).toMatchObject({ ip: '9.9.9.9' });
  });

  it('keeps the address at entry, because a closed socket has none', () => {
    const { fields, request, entered } = read({ ip: '1.2.3.4' });
    const values: EventFields = {};
    fields.once({ ...request, ip: undefined }, entered).addTo(values);
    expect(values).toMatchObject({ ip: '1.2.3.4' });
  });

  describe('request_id', () => {
    it.each([
      ['set by a logger', { id: 'log-1' }, 'log-1'],
      ['that is a number', { id: 7 }, '7'],
      ['of the raw request', { id: 'req-1', raw: { id: 'raw-1' } }, 'raw-1'],
      ['of the header', { headers: { 'x-request-id': 'abc/1' } }, 'abc/1'],
    ])('is one %s', (_, request, expected) => {
      expect(fieldsOf(request)).toMatchObject({ request_id: expected });
    });

    it.each([
      ['a counter of Fastify', { id: 'req-1a' }],
      ['one with a space', { headers: { 'x-request-id': 'a b' } }],
      ['one that is too long', { headers: { 'x-request-id': 'a'.repeat(129) } }],
      ['an empty one', { headers: { 'x-request-id': '' } }],
      ['an object', { id: {} }],
    ])('is not %s', (_, request) => {
      expect(fieldsOf(request)).toMatchObject({ request_id: expect.stringMatching(UUID) });
    });

    it('is the same for all trackers of a request', () => {
      const { fields, request, entered } = read({});
      const again = new RequestFields({}, jest.fn());
      expect(again.once(request, entered).get('request_id')).toBe(fields.once(request, entered).get('request_id'));
    });
  });

  describe('strings from a request', () => {
    it('are cleaned of control characters', () => {
      expect(fieldsOf({ headers: { 'user-agent': 'a\r\n\u2028b\u0000\u009fc' } })).toMatchObject({ agent: 'a b c' });
    });

    it('are cut to 1024 characters, without half a surrogate pair', () => {
      expect(fieldsOf({ headers: { 'user-agent': 'x'.repeat(2000) } })['agent']).toHaveLength(1024);
      expect(fieldsOf({ headers: { 'user-agent': `${'x'.repeat(1023)}😀` } })['agent']).toBe('x'.repeat(1023));
    });

    it('are the first of a list', () => {
      expect(fieldsOf({ headers: { referer: ['/a\n', '/b'] } })).toMatchObject({ referer: '/a ' });
    });

    it('are valid JSON, whatever they contain', () => {
      const { once, values } = read({ headers: { 'user-agent': 'a"\\b' }, method: 'G\ud800T' });
      expect(JSON.parse(`{${once.text()}}`)).toEqual(values);
    });
  });

  describe('session', () => {
    it.each([
      ['sessionID', { sessionID: 's1' }],
      ['session.id', { session: { id: 's1' } }],
      ['session.sessionId', { session: { sessionId: 's1' } }],
      ['the raw request', { raw: { sessionID: 's1' } }],
    ])('is a hash of the id in %s', (_, request) => {
      expect(fieldsOf(request)).toMatchObject({ session: sha('s1') });
    });

    it.each([[{ sessionID: '' }], [{ sessionID: 7 }], [{ session: null }]])('is left out for %p', (request) => {
      expect(fieldsOf(request)).not.toHaveProperty('session');
    });
  });

  describe('a known row', () => {
    const tenant = {};
    const user = (id: unknown, name?: unknown): Record<string, unknown> => ({
      user: { id, name },
      sessionID: 's1',
      tenant,
    });
    const readAgain = (first: Record<string, unknown>, second: Record<string, unknown>) => {
      const options = { fields: { tenant: (request: { tenant: object }) => request.tenant } };
      const { fields, entered, request } = read(first, options);
      const known = fields.atEmit(request, entered);
      const again = fields.atEmit({ ...request, ...second }, entered, false, known);
      const fresh = fields.atEmit({ ...request, ...second }, entered);
      return { known, again, fresh };
    };

    it.each([
      ['equal values', user(7, 'ann'), user(7, 'ann')],
      ['no user', {}, {}],
      ['null', user(null, null), user(null, null)],
      [
        'a name that is cleaned',
        user(Number.NaN, `a\nb${'x'.repeat(2000)}`),
        user(Number.NaN, `a\nb${'x'.repeat(2000)}`),
      ],
    ])('is returned for %s', (_, first, second) => {
      const { known, again, fresh } = readAgain(first, second);
      expect(again).toBe(known);
      expect(again.text()).toBe(fresh.text());
    });

    it.each([
      ['an id', user(7, 'ann'), user(8, 'ann')],
      ['the last value', user(7, 'ann'), { ...user(7, 'ann'), tenant: {} }],
      ['a name with a quote', user(7, 'ann'), user(7, 'a"n\nn')],
      ['a name without one', user(7, 'a"n\nn'), user(7, 'ann')],
      ['a name outside ASCII', user(7, 'ann'), user(7, 'Zoë')],
      ['a user that is gone', user(7, 'ann'), { user: undefined }],
      ['the session', user(7, 'ann'), { ...user(7, 'ann'), sessionID: 's2' }],
    ])('is replaced for another value: %s', (_, first, second) => {
      const { known, again, fresh } = readAgain(first, second);
      expect(again).not.toBe(known);
      expect(again.text()).toBe(fresh.text());
      expect(() => JSON.parse(`{${again.text()}}`) as unknown).not.toThrow();
    });

    it('is not returned by another reader', () => {
      const [one, other] = [read({ user: { id: 7 } }), read({ user: { id: 7 } })];
      const known = one.fields.atEmit(one.request, one.entered);
      expect(other.fields.atEmit(other.request, other.entered, false, known)).not.toBe(known);
    });
  });

  describe('changes', () => {
    it('omits, renames, replaces and adds fields', () => {
      const fields = {
        ...{ request_id: false as const, ip: 'client_ip', method: () => 'replaced' },
        tenant: (request: { tenant: string }) => request.tenant,
      };
      expect(fieldsOf({ ip: '1.2.3.4', method: 'GET', tenant: 't1' }, { fields })).toEqual({
        ...{ client_ip: '1.2.3.4', method: 'replaced', tenant: 't1' },
      });
    });

    it('neither cuts nor cleans what a function returns', () => {
      const long = 'x\n'.repeat(1000);
      expect(fieldsOf({}, { fields: { long: () => long } })).toMatchObject({ long });
    });

    it('knows whether two fields have the same name', () => {
      expect(read({}).fields.areDistinct).toBe(true);
      expect(read({}, { fields: { ip: 'user_id' } }).fields.areDistinct).toBe(false);
    });

    it('is possible for every field that is listed', () => {
      const fields = Object.fromEntries(REQUEST_FIELDS.map((name) => [name, false as const]));
      expect(fieldsOf({ ip: '1', method: 'GET', user: { id: 1 } }, { fields })).toEqual({});
    });
  });

  describe('hash', () => {
    it.each(['user_id', 'uid'])('replaces a field by a keyed hash: %s', (name) => {
      const options = { fields: { user_id: 'uid' }, hash: { fields: [name], key: 'key' } };
      expect(fieldsOf({ user: { id: 7 } }, options)).toMatchObject({ uid: hmac('7') });
    });

    it('hashes the cleaned string', () => {
      const options = { hash: { fields: ['agent'], key: 'key' } };
      expect(fieldsOf({ headers: { 'user-agent': 'a\nb' } }, options)).toMatchObject({ agent: hmac('a b') });
    });

    it('hashes what a function returns, and leaves out values that are not scalar', () => {
      const options = {
        fields: { tenant: () => 't\n', odd: () => ({}) },
        hash: { fields: ['tenant', 'odd'], key: 'key' },
      };
      expect(fieldsOf({}, options)).toMatchObject({ tenant: hmac('t\n') });
      expect(fieldsOf({}, options)).not.toHaveProperty('odd');
    });
  });

  describe('a field that cannot be read', () => {
    const failing = (): never => JSON.parse('?') as never;

    it('is omitted and reported, and the others are read', () => {
      const { values, onFault } = read({ method: 'GET' }, { fields: { tenant: failing } });
      expect(values).toMatchObject({ method: 'GET' });
      expect(values).not.toHaveProperty('tenant');
      expect(onFault.mock.calls).toEqual([['tenant', expect.any(SyntaxError)]]);
    });

    it('is omitted without a report where that is asked for', () => {
      const { fields, request, entered, onFault } = read({}, { fields: { tenant: failing } });
      onFault.mockClear();
      fields.atEmit(request, entered, true);
      fields.once(request, entered, true);
      expect(onFault).not.toHaveBeenCalled();
    });

    it('is one for which a function returns a promise, whose rejection is handled', async () => {
      const { onFault } = read({}, { fields: { tenant: () => Promise.reject(new Error('no')) } });
      expect(onFault.mock.calls).toEqual([['tenant', expect.any(TypeError)]]);
      await new Promise(setImmediate);
    });

    it('is the address of a request that cannot be read', () => {
      const onFault = jest.fn();
      const fields = new RequestFields({}, onFault);
      const request = {
        headers: {},
        get ip(): string {
          return failing();
        },
      } as TrackedRequest;
      expect(fields.enter(request, { id: 'a' })).toEqual({ ip: undefined, identity: { id: 'a' } });
      expect(onFault).toHaveBeenCalledWith('ip', expect.any(SyntaxError));
    });
  });
});

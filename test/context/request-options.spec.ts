import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { checkRequestContext } from '../../src/context/request-options';

function linesOf(options: unknown): string[] {
  const errors: ConfigError[] = [];
  checkRequestContext(options, OptionPlace.inPath(errors, 'requestContext', 'leave it out'));
  return errors.map(({ path, what }) => `${path}: ${what}`);
}

const KEY = 'a key that only the operator knows';

describe('checkRequestContext', () => {
  it.each<[unknown]>([
    [false],
    [{}],
    [{ forRoutes: ['api'], exclude: [], afterResponse: 'drop' }],
    [{ fields: { ip: false, username: 'user', tenant: () => 'acme', session: undefined } }],
    [{ fields: { username: 'login' }, hash: { fields: ['ip', 'username', 'login'], key: KEY } }],
    [{ fields: { tenant: () => 'acme' }, hash: { fields: ['tenant'], key: KEY } }],
  ])('accepts %p', (options) => {
    expect(linesOf(options)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [true, 'requestContext: it is true; expected an object or false.'],
    [[], 'requestContext: it is a list of 0; expected an object or false.'],
    [{ feilds: {} }, 'requestContext.feilds: unknown option "feilds"; known options: forRoutes, exclude, fields'],
    [{ fields: 5 }, 'requestContext.fields: it is 5; expected an object.'],
    [{ fields: { usernme: false } }, 'requestContext.fields.usernme: it is not a field of the request; known fields: '],
    [{ fields: { tenant: 'org' } }, 'requestContext.fields.tenant: it is not a field of the request'],
    [{ fields: { ip: '' } }, 'requestContext.fields.ip: it is ""; expected false, a new name, or a function.'],
    [{ fields: { ip: true } }, 'requestContext.fields.ip: it is true; expected false, a new name, or a function.'],
    [{ afterResponse: 'marks' }, 'requestContext.afterResponse: it is "marks"; expected "keep", "mark" or "drop".'],
    [{ hash: 5 }, 'requestContext.hash: it is 5; expected an object.'],
    [{ hash: { fields: ['ip'] } }, 'requestContext.hash.key: it is missing; expected a string that only the operator'],
    [{ hash: { fields: ['ip'], key: '' } }, 'requestContext.hash.key: it is ""; expected a string'],
    [{ hash: { fields: ['ip'], key: 5 } }, 'requestContext.hash.key: it is a number; expected a string'],
    [{ hash: { key: KEY } }, 'requestContext.hash.fields: it is undefined; expected a field: request_id'],
    [{ hash: { fields: ['emial'], key: KEY } }, 'requestContext.hash.fields: it is "emial"; expected a field: request'],
    [{ hash: { fields: [7], key: KEY } }, 'requestContext.hash.fields: it is 7; expected a field: request_id'],
  ])('refuses %p', (options, line) => {
    expect(linesOf(options)).toEqual([expect.stringContaining(line)]);
  });

  it('names the fix of a field, and shows no key that may be a secret', () => {
    const secret = 'sk_live_9aF3kQ7xW2mZ8bT1';
    expect(linesOf({ fields: { [secret]: 5 }, hash: { fields: [secret], key: KEY } }).join()).not.toContain(secret);
  });
});

import { Agent } from 'node:https';
import { HttpBackend } from '../../../src/backends/http/http.backend';
import { TrackingConfigException } from 'nestjs-event-tracking';

const URL_OK = 'https://lrs.example/statements';
const SECRET = 'v3ry-s3cret';

function errorsOf(options: unknown): TrackingConfigException['errors'] {
  try {
    new HttpBackend(options as never);
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.errors;
    throw error;
  }
  return [];
}

describe('The options of an HttpBackend', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['none', undefined, /^url is missing; expected a URL/],
    ['a list', [], /^the options are a list of 0/],
    ['no url', {}, /^url is missing; expected a URL that begins with "http:\/\/" or "https:\/\/"\.$/],
    ['a url that is a number', { url: 7 }, /^url is 7; expected a URL that begins with/],
    ['a url that is none', { url: `lrs ${SECRET}` }, /^url is a string that is not a URL; expected a URL/],
    [
      'a url with a broken user',
      { url: `https://%zz:${SECRET}@lrs.example` },
      /^url has a user or a password with a "%"/,
    ],
    [
      'a url of another kind',
      { url: `ftp://u:${SECRET}@lrs.example` },
      /^url begins with "ftp:"; expected a URL that begins with "http:\/\/"/,
    ],
    [
      'a host and port without a protocol',
      { url: 'localhost:3999' },
      /^url has another protocol; expected a URL that begins with "http:\/\/" or "https:\/\/"\.$/,
    ],
    [
      'a method that sends no body',
      { url: URL_OK, method: 'GET' },
      /^method is "GET"; expected "POST", "PUT" or "PATCH"\.$/,
    ],
    [
      'headers that are a text',
      { url: URL_OK, headers: 'a: b' },
      /^headers is a string of 4 characters; expected an object or a function\.$/,
    ],
    [
      'a header that is a number',
      { url: URL_OK, headers: { a: 1 } },
      /^the header "a" is a number; expected a string\.$/,
    ],
    ['a header over two lines', { url: URL_OK, headers: { a: `${SECRET}\r\n` } }, /^the header "a" has characters/],
    ['a header name with a blank', { url: URL_OK, headers: { 'a b': '' } }, /^the header at position 1 has characters/],
    [
      'a header of ours',
      { url: URL_OK, headers: { 'Content-Length': '1' } },
      /^the header "Content-Length" is set by the backend/,
    ],
    [
      'a format that there is not',
      { url: URL_OK, format: 'xml' },
      /^format is "xml"; expected "json" or "ndjson", or a function/,
    ],
    ['gzip as a text', { url: URL_OK, gzip: 'yes' }, /^gzip is "yes"; expected true or false\.$/],
    ['keepAlive as null', { url: URL_OK, keepAlive: null }, /^keepAlive is null/],
    ['a readStatus that is none', { url: URL_OK, readStatus: {} }, /^readStatus is an object; expected a function\.$/],
    ['an agent that is none', { url: URL_OK, agent: {} }, /^agent is an object; expected an agent/],
    ['an unknown option', { url: URL_OK, retries: 3 }, /^unknown option "retries"; known options: url, method/],
  ])('cannot be: %s', (_what, options, fault) => {
    const errors = errorsOf(options);
    expect(errors.map(({ what }) => what)).toEqual([expect.stringMatching(fault)]);
    expect(JSON.stringify(errors)).not.toContain(SECRET);
    expect(errors[0]?.path).toBe('HttpBackend');
    expect(errors[0]?.fix).not.toBe('');
  });

  it.each([
    { url: URL_OK },
    { url: new URL(URL_OK), method: 'PUT', headers: { authorization: SECRET }, format: 'ndjson', gzip: true },
    { url: URL_OK, headers: () => ({}), format: () => '', readStatus: () => [], keepAlive: false, agent: new Agent() },
    { url: URL_OK, method: undefined, headers: undefined, format: undefined, gzip: undefined, agent: undefined },
  ])('can be %j', (options) => {
    expect(errorsOf(options)).toEqual([]);
  });

  it.each(['delivery', 'processors', 'backends', 'imports'])('send %s to the third argument of backend()', (name) => {
    expect(errorsOf({ url: URL_OK, [name]: {} }).map(({ fix }) => fix)).toEqual([
      `move it to the third argument: backend(HttpBackend, { ... }, { ${name}: ... })`,
    ]);
  });

  it('are all reported at once', () => {
    expect(errorsOf({ method: 'GET', gzip: 1, format: 2 })).toHaveLength(4);
  });
});

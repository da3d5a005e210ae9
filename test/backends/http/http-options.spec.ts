import { Agent } from 'node:https';
import { HttpBackend } from '../../../src/backends/http/http.backend';
import { TrackingConfigException } from 'nestjs-event-tracking';

const URL_OK = 'https://lrs.example/statements';
const SECRET = 'v3ry-s3cret';

function faultsOf(options: unknown): TrackingConfigException['faults'] {
  try {
    new HttpBackend(options as never);
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.faults;
    throw error;
  }
  return [];
}

describe('The options of an HttpBackend', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['none', undefined, /^the options are undefined, not an object\.$/],
    ['a list', [], /^the options are a list of 0/],
    ['no url', {}, /^url is missing, so nobody knows where events go\.$/],
    ['a url that is a number', { url: 7 }, /^url is 7, not an address\.$/],
    ['a url that is none', { url: `lrs ${SECRET}` }, /^url is a text that is no address\.$/],
    [
      'a url with a broken user',
      { url: `https://%zz:${SECRET}@lrs.example` },
      /^url has a user or a password with a "%"/,
    ],
    [
      'a url of another kind',
      { url: `ftp://u:${SECRET}@lrs.example` },
      /^url begins with "ftp:", not with "http:\/\/" or "https:\/\/"\.$/,
    ],
    [
      'a host and port without a protocol',
      { url: 'localhost:3999' },
      /^url does not begin with "http:\/\/" or "https:\/\/"\.$/,
    ],
    ['a method that sends no body', { url: URL_OK, method: 'GET' }, /^method is "GET"; it can be POST, PUT, PATCH\.$/],
    [
      'headers that are a text',
      { url: URL_OK, headers: 'a: b' },
      /^headers is a string of 4 characters, not an object\.$/,
    ],
    ['a header that is a number', { url: URL_OK, headers: { a: 1 } }, /^the header "a" is a number, not a string\.$/],
    ['a header over two lines', { url: URL_OK, headers: { a: `${SECRET}\r\n` } }, /^the header "a" has characters/],
    ['a header name with a blank', { url: URL_OK, headers: { 'a b': '' } }, /^the header at position 1 has characters/],
    [
      'a header of ours',
      { url: URL_OK, headers: { 'Content-Length': '1' } },
      /^the header "Content-Length" is given, but/,
    ],
    ['a format that there is not', { url: URL_OK, format: 'xml' }, /^format is "xml"; it can be/],
    ['gzip as a text', { url: URL_OK, gzip: 'yes' }, /^gzip is "yes"; it can be true or false\.$/],
    ['keepAlive as null', { url: URL_OK, keepAlive: null }, /^keepAlive is null/],
    ['a readStatus that is none', { url: URL_OK, readStatus: {} }, /^readStatus is an object, not a function\.$/],
    ['an agent that is none', { url: URL_OK, agent: {} }, /^agent is an object, not an agent/],
    ['an unknown option', { url: URL_OK, retries: 3 }, /^the option "retries" is unknown; known are url, method/],
  ])('cannot be: %s', (_what, options, fault) => {
    const faults = faultsOf(options);
    expect(faults.map(({ what }) => what)).toEqual([expect.stringMatching(fault)]);
    expect(JSON.stringify(faults)).not.toContain(SECRET);
    expect(faults[0]?.path).toBe('HttpBackend');
    expect(faults[0]?.fix).not.toBe('');
  });

  it.each([
    { url: URL_OK },
    { url: new URL(URL_OK), method: 'PUT', headers: { authorization: SECRET }, format: 'ndjson', gzip: true },
    { url: URL_OK, headers: () => ({}), format: () => '', readStatus: () => [], keepAlive: false, agent: new Agent() },
    { url: URL_OK, method: undefined, headers: undefined, format: undefined, gzip: undefined, agent: undefined },
  ])('can be %j', (options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  it.each(['delivery', 'processors', 'backends', 'imports'])('send %s to the third argument of backend()', (name) => {
    expect(faultsOf({ url: URL_OK, [name]: {} }).map(({ fix }) => fix)).toEqual([
      `move it to the third argument: backend(SomeBackend, { ... }, { ${name}: ... })`,
    ]);
  });

  it('are told all at once', () => {
    expect(faultsOf({ method: 'GET', gzip: 1, format: 2 })).toHaveLength(4);
  });
});

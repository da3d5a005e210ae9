import { givenName, givenWait } from '../../src/tracker/given-arguments';

const throwing = new Proxy({}, { get: () => JSON.parse('?') as unknown, has: () => JSON.parse('?') as boolean });

describe('givenName', () => {
  it.each([
    ['user', 'user'],
    ['', ''],
    [7, '7'],
    [undefined, 'unknown'],
  ])('of %p is %p', (given, expected) => expect(givenName(given)).toBe(expected));
});

describe('givenWait', () => {
  it('reads the options', () => {
    const { signal } = new AbortController();
    expect(givenWait({ signal, timeoutMs: 5 })).toEqual({ signal, timeoutMs: 5 });
    expect(givenWait({ timeoutMs: Infinity })).toMatchObject({ timeoutMs: Infinity });
  });

  it.each([[undefined], [null], [{}], [7], [{ timeoutMs: '5', signal: {} }], [{ timeoutMs: Number.NaN }], [throwing]])(
    'takes the defaults for %#',
    (options) => expect(givenWait(options)).toEqual({ signal: undefined, timeoutMs: 10_000 }),
  );
});

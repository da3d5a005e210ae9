import { retryAfterMs } from '../../../src/backends/http/retry-after';

describe('A Retry-After header', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 37);
  beforeEach(() => {
    jest.useFakeTimers({ now });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3000],
    ['9'.repeat(400), 8.64e15],
    ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
    ['Sun Nov  6 08:50:37 1994', 60_000],
    ['Sun, 06 Nov 1994 08:48:37 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['1994', 1_994_000],
    ['1994-11-06', undefined],
    ['soon', undefined],
    ['Sun, 99 Foo 1994 08:50:37 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('that is %j means %p ms', (header, ms) => {
    expect(retryAfterMs(header, undefined)).toBe(ms);
  });

  it('is reckoned by the Date of the reply, if that can be read', () => {
    const header = 'Sun, 06 Nov 1994 10:00:00 GMT';
    expect(retryAfterMs(header, 'Sun, 06 Nov 1994 09:59:00 GMT')).toBe(60_000);
    expect(retryAfterMs(header, 'today')).toBe(Date.UTC(1994, 10, 6, 10) - now);
    expect(retryAfterMs('60', 'Sun, 06 Nov 1994 09:59:00 GMT')).toBe(60_000);
  });
});

import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { urlRule } from '../../src/backends/url-rule';

const EXPECTED = 'expected a URL that begins with "http://" or "https://".';

function errorsOf(value: unknown): string[] {
  const errors: ConfigError[] = [];
  urlRule(['http:', 'https:']).check(value, OptionPlace.named(errors, 'Sink', 'fix').inside('url'));
  return errors.map(({ what }) => what);
}

describe('urlRule', () => {
  it.each([['http://h'], ['https://user:pa%2fss@h:1/path?q'], [new URL('https://h')]])('accepts %s', (value) => {
    expect(errorsOf(value)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [7, `url is 7; ${EXPECTED}`],
    ['', `url is a string that is not a URL; ${EXPECTED}`],
    ['localhost', `url is a string that is not a URL; ${EXPECTED}`],
    ['ftp://user:s3cret@h', `url begins with "ftp:"; ${EXPECTED}`],
    [new URL('redis://h'), `url begins with "redis:"; ${EXPECTED}`],
    ['s3cret:3000', `url has another protocol; ${EXPECTED}`],
    ['https://u:s3cret%@h', 'url has a user or a password with a "%" that begins no percent-encoding.'],
  ])('refuses %s, and does not show it', (value, error) => {
    expect(errorsOf(value)).toEqual([error]);
    expect(errorsOf(value).join()).not.toContain('s3cret');
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  nameOr,
  optionName,
  showChoice,
  showIdentifier,
  showInFull,
  showKind,
  showName,
  showOption,
  showValue,
} from '../../src/common/show-value';

const KNOWN = ['url', 'writeKey', 'headers', 'filterType', 'tlsCertificateKeyFilePassword'];
const CHOICES = ['allowlist', 'blocklist', 'drop-newest'];

/**
 * 32 bytes of which every bit is as good as random: fast-check itself prefers few and low letters.
 */
const keys = fc.nat().map((seed) => createHash('sha256').update(String(seed)).digest());

/** What is generated as a key, a token or a password, and an address that holds one. */
const secrets = fc.oneof(
  fc.tuple(keys, fc.integer({ min: 16, max: 40 })).map(([key, length]) => key.toString('base64').slice(0, length)),
  keys.map((key) => key.toString('hex')),
  keys.map((key) => key.toString('base64url').replace(/[^A-Za-z]/g, '')),
  fc.uuid(),
  fc.tuple(fc.webAuthority(), keys).map(([host, key]) => `redis://:${key.toString('base64url')}@${host}/0`),
);

describe('A string of the configuration in an error', () => {
  it.each<readonly [what: string, show: (value: string) => string]>([
    ['as a value', showValue],
    ['as a value of a secret', showKind],
    ['among choices', (value) => showChoice(value, CHOICES)],
    ['as the name of an event', showName],
    ['as an option, in quotes', (value) => showOption(value, KNOWN)],
    ['as an option', (value) => optionName(value, KNOWN)],
  ])('is never shown if it is a secret (%s)', (_what, show) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const shown = show(secret);
        expect(shown).toMatch(/^\(?a (string|name) of \d+ characters\)?$/);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['hunter2', 'a string of 7 characters'],
    ['x', 'a string of 1 character'],
    ['5f', 'a string of 2 characters'],
    ['', '""'],
    ['true', '"true"'],
    ['undefined', '"undefined"'],
    ['Whitelist', '"Whitelist"'],
    ['27017', '"27017"'],
    ['0.5', '"0.5"'],
    ['5s', '"5s"'],
    ['1234567', 'a string of 7 characters'],
  ])('that is %p is shown as %s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it('is shown among choices where it comes close to one', () => {
    expect(showChoice('allow-list', CHOICES)).toBe('"allow-list"');
    expect(showChoice('blockist', CHOICES)).toBe('"blockist"');
    expect(showChoice('dropNewest', CHOICES)).toBe('"dropNewest"');
    expect(showChoice('allowlist of hunter2', CHOICES)).toBe('a string of 20 characters');
    expect(showChoice(5, CHOICES)).toBe('5');
    expect(showChoice('allow', [true, 5])).toBe('"allow"');
  });
});

describe('The name of an option that is not known', () => {
  it.each([
    'timeout',
    'maxRetries',
    'filter_type',
    'write_key',
    'headerz',
    '__proto__',
    'HASH_KEY',
    'TLS',
    'useURL',
    'maxWaitMs',
    'expireAfterSeconds',
  ])('is shown where it reads like one: %s', (name) => {
    expect(showOption(name, KNOWN)).toBe(`"${name}"`);
    expect(optionName(name, KNOWN)).toBe(name);
  });

  it.each(['hunter2', 'aGVsbGhXdkLm', 'bcdfghjk', 'correcthorsebatterystaple', 'SECRET', 'a b', 'a\nb', ''])(
    'is shown by its length otherwise: %p',
    (name) => {
      expect(showOption(name, KNOWN)).toBe(`a name of ${String(name.length)} characters`);
      expect(optionName(name, KNOWN)).toBe(`(a name of ${String(name.length)} characters)`);
    },
  );
});

describe('A name in an error', () => {
  it.each(['edx.course.enrollment.activated', 'problem_check', '/courses/42/about', 'data.user.*.email', 'grade.v2'])(
    'of an event or a field is shown where it consists of words: %s',
    (name) => {
      expect(showName(name)).toBe(`"${name}"`);
      expect(nameOr('user_id', name)).toBe(name);
    },
  );

  it('of an event or a field is replaced in an example where it is not shown', () => {
    expect(nameOr('user_id', 'hunter2:4711xyz')).toBe('user_id');
    expect(nameOr('user_id', 5)).toBe('user_id');
  });

  it('of a node or a queue is shown where it has the form of one', () => {
    expect(showIdentifier('caliper-2')).toBe('"caliper-2"');
    expect(showIdentifier('my log')).toBe('"my log"');
    expect(showIdentifier('redis://:hunter2@host/0')).toBe('a string of 23 characters');
    expect(showIdentifier('x'.repeat(65))).toBe('a string of 65 characters');
    expect(showIdentifier(undefined)).toBe('undefined');
  });

  it('is cut at 60 characters where it is shown whatever it is', () => {
    expect(showInFull('^a\\.b')).toBe(String.raw`"^a\\.b"`);
    expect(showInFull('x'.repeat(61))).toBe(`"${'x'.repeat(60)}…"`);
    expect(showInFull(null)).toBe('null');
  });
});

describe('A value that is no string, in an error,', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  class Connection {
    readonly password = 'hunter2';
  }

  it.each([
    ['a number', 5.5, '5.5'],
    ['a bigint', 10n ** 80n, `1${'0'.repeat(59)}…`],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a list', ['hunter2'], 'a list of 1'],
    ['an object', { password: 'hunter2' }, 'an object'],
    ['an object without a prototype', Object.create(null), 'an object'],
    ['an instance', new Connection(), 'an object of the class Connection'],
    ['an object that says what its class is', { constructor: { name: 'hunter2' } }, 'an object'],
    ['an arrow function named after its key', { hunter2: () => 5 }.hunter2, 'a function'],
    ['a class', Connection, 'the function Connection'],
    ['a symbol', Symbol('hunter2'), 'a symbol'],
    ['a proxy that was revoked', proxy, 'an object that cannot be read'],
  ])('is shown by its kind: %s', (_what, value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it('is shown without its content where only its kind may be', () => {
    expect(showKind(4711)).toBe('a number');
    expect(showKind(4711n)).toBe('a bigint');
    expect(showKind('true')).toBe('a string of 4 characters');
    expect(showKind('')).toBe('""');
    expect(showKind(['x'])).toBe('a list of 1');
  });
});

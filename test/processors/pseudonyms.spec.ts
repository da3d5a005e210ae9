import { createHmac } from 'node:crypto';
import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { Pseudonyms, readHash } from '../../src/processors/pseudonyms';

const [NEW, OLD] = ['the secret of this year', 'the secret of last year'];
const KEYS = { keys: { old: OLD, new: NEW }, current: 'new' };
const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');

function linesOf(hash: unknown): string[] {
  const errors: ConfigError[] = [];
  expect(readHash(hash, OptionPlace.named(errors, 'Redact', 'fix').inside('hash'))).toBeUndefined();
  expect(errors.every(({ fix }) => fix.includes('openssl rand -hex 32'))).toBe(true);
  return errors.map(({ what }) => what);
}

describe('Pseudonyms', () => {
  it('hashes a string as UTF-8 with the current key, and begins with the id of the key', () => {
    expect(new Pseudonyms(KEYS).of('é')).toBe(`new:${hmac(NEW, 'é')}`);
  });

  it('hashes any other value as JSON, so that 5 and "5" are equal', () => {
    const pseudonyms = new Pseudonyms(KEYS);
    expect(pseudonyms.of(5)).toBe(pseudonyms.of('5'));
    expect(pseudonyms.of({ a: 1 })).toBe(pseudonyms.of('{"a":1}'));
    expect(pseudonyms.of(new Date(0))).toBe(pseudonyms.of('1970-01-01T00:00:00.000Z'));
    expect(pseudonyms.of(null)).toBe(pseudonyms.of('null'));
  });

  it('lists the hashes of every key, the current one first', () => {
    expect(new Pseudonyms(KEYS).all('ann')).toEqual([`new:${hmac(NEW, 'ann')}`, `old:${hmac(OLD, 'ann')}`]);
  });
});

describe('readHash', () => {
  it('reads valid keys', () => {
    expect(readHash(KEYS, OptionPlace.named([], 'Redact', ''))?.of('ann')).toBe(`new:${hmac(NEW, 'ann')}`);
  });

  it.each<[unknown, string[]]>([
    [undefined, ['hash.keys is undefined; expected an object of secrets by id.']],
    ['secret of 24 characters', ['hash.keys is undefined; expected an object of secrets by id.']],
    [{ keys: NEW, current: 'a' }, ['hash.keys is a string of 23 characters; expected an object of secrets by id.']],
    [{ keys: {}, current: 'a' }, ['hash.current is "a"; expected the id of a key.']],
    [{ keys: { a: NEW }, current: 'b' }, ['hash.current is "b"; expected "a".']],
    [{ keys: { a: NEW, b: OLD } }, ['hash.current is undefined; expected "a" or "b".']],
    [{ keys: { a: NEW }, current: 'toString' }, ['hash.current is a string of 8 characters; expected "a".']],
    [{ keys: { a: 5 }, current: 'a' }, ['hash.keys.a is a number; expected a string.']],
    [
      { keys: { a: '15 characters..' }, current: 'a' },
      ['hash.keys.a has 15 characters; a key with fewer than 16 can be guessed.'],
    ],
    [
      { keys: { 'a:b': NEW }, current: 'a:b' },
      ['hash.keys[0] has an id with characters other than letters, digits, "_", "." and "-".'],
    ],
    [
      { keys: { a: 1, b: 2 }, current: 'a' },
      ['hash.keys.a is a number; expected a string.', 'hash.keys.b is a number; expected a string.'],
    ],
  ])('refuses %j', (hash, lines) => {
    expect(linesOf(hash)).toEqual(lines);
  });

  it('shows neither a secret nor an id that may be one', () => {
    const swapped = { keys: { [NEW.replaceAll(' ', '_')]: 'k1' }, current: NEW };
    expect(linesOf(swapped).join()).not.toMatch(/secret|k1/);
    expect(linesOf(swapped)).toEqual([
      'hash.keys[0] has 2 characters; a key with fewer than 16 can be guessed.',
      'hash.current is a string of 23 characters; expected a string of 23 characters.',
    ]);
  });

  it('accepts a secret of 16 characters', () => {
    const hash = { keys: { a: 'x'.repeat(16) }, current: 'a' };
    expect(readHash(hash, OptionPlace.named([], 'Redact', ''))).toBeInstanceOf(Pseudonyms);
  });
});

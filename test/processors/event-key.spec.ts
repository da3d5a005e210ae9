import { OptionPlace } from '../../src/common/option-place';
import type { ConfigError } from '../../src/common/tracking-config.exception';
import { EventKey } from '../../src/processors/event-key';
import { anEnvelope } from './an-envelope';

function read(source: unknown): { readonly key: EventKey | undefined; readonly errors: readonly string[] } {
  const errors: ConfigError[] = [];
  const key = EventKey.read(source, OptionPlace.named(errors, 'Dedupe', 'fix').inside('by'));
  return { key, errors: errors.map(({ what }) => what) };
}

const textOf = (source: unknown, data: object = {}): string | undefined =>
  read(source).key?.textIn(anEnvelope(data as never));

describe('EventKey', () => {
  it('does not exist where no source is given', () => {
    expect(read(undefined)).toEqual({ key: undefined, errors: [] });
  });

  it('reads the value at a path, without calling the application', () => {
    const { key } = read('data.user.id');
    expect(key?.callsApplication).toBe(false);
    expect(key?.valueIn(anEnvelope({ user: { id: 5 } }))).toBe(5);
  });

  it('gives a function a copy of the event', () => {
    const data = { user: 'ann' };
    const { key } = read((event: { data: { user: string } }) => {
      const { user } = event.data;
      event.data.user = 'changed';
      return user;
    });
    const envelope = anEnvelope(data);
    expect(key?.callsApplication).toBe(true);
    expect([key?.valueIn(envelope), key?.valueIn(envelope)]).toEqual(['ann', 'ann']);
  });

  it('does not take a promise for a value', () => {
    const { key } = read(() => Promise.reject(new Error('late')));
    expect(() => key?.valueIn(anEnvelope({}))).toThrow('a promise was returned');
  });

  it.each<[unknown, string | undefined]>([
    ['ann', 'ann'],
    [5, '5'],
    ['5', '5'],
    [true, 'true'],
    [0, '0'],
    [{ a: [1] }, '{"a":[1]}'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('writes the value %p as the text %p', (value, text) => {
    expect(textOf(() => value)).toBe(text);
  });

  it('writes a bigint, and limits the length of the text', () => {
    expect(textOf(() => 10n ** 20n)).toBe('100000000000000000000');
    const [one, other] = ['a', 'b'].map((end) => textOf('data.id', { id: `${'x'.repeat(1000)}${end}` }));
    expect(one).not.toBe(other);
    expect(one?.length).toBeLessThan(100);
  });

  it.each<[unknown, string]>([
    [5, 'by is 5; expected a path or a function.'],
    [null, 'by is null; expected a path or a function.'],
    ['user_id', 'by is "user_id": it leads to no value'],
    ['data.*.id', 'by is "data.*.id": it has a star in it'],
    [async () => Promise.resolve(1), 'by is an async function, but its result is not awaited.'],
  ])('refuses %p', (source, error) => {
    expect(read(source).errors).toEqual([expect.stringContaining(error)]);
  });
});

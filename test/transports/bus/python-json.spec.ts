import fc from 'fast-check';
import { parsePythonJson } from '../../../src/transports/bus/python-json';
import { eventOf } from '../../../src/transports/bus/tracking-log';

const read = (data: string, context = '{}'): { data: unknown; context: unknown } =>
  eventOf('id', { name: 'e', timestamp: '2024-01-02T03:04:05Z', data, context });

/** What JSON.parse gives, but for integers from 2^53 on, which are strings of their digits. */
function exactly(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(exactly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, exactly(each)]));
}

/** As Python writes it: integers in full. */
function written(value: unknown, space: string): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${space}${value.map((each) => written(each, space)).join(`,${space}`)}${space}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${space}${written(each, space)}`);
  return `{${space}${fields.join(`,${space}`)}${space}}`;
}

describe('An integer from the event bus', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['9007199254740993.0', 9007199254740992],
    ['1234567890123456789e3', 1234567890123456789000],
    ['0.12345678901234567890', 0.12345678901234568],
    ['"9007199254740993"', '9007199254740993'],
    ['"a\\" 9007199254740993, \\\\"', 'a" 9007199254740993, \\'],
  ])('arrives as it is, or as a string of its digits: %s', (json, value) => {
    expect(read(json).data).toBe(value);
    const { data, context } = read(`{"n": ${json}, "l": [${json}]}`, `{"user_id":${json}}`);
    expect({ data, context }).toEqual({ data: { n: value, l: [value] }, context: { user_id: value } });
  });

  it('arrives so in any JSON', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.oneof(fc.string(), fc.constantFrom('9007199254740993', '"', '\\', '[1234567890123456789,')),
        fc.constantFrom(null, true, 1.5),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant('9007199254740993')), tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\n '), (each, space) => {
        expect(parsePythonJson(written(each, space))).toEqual(exactly(each));
      }),
    );
  });

  it.each([
    '{9007199254740993: 1}',
    '{ 9007199254740993 : 1}',
    '[09007199254740993]',
    '[+9007199254740993]',
    '9007199254740993x',
  ])('makes no JSON of what is none: %s', (json) => {
    expect(() => read(json)).toThrow('its data is not JSON');
  });

  it('costs no more than the length of the text, wherever that was cut off', () => {
    const costOf = (length: number): number => {
      const text = `{"n": 9007199254740993, "s": "${'\\"1234567890123456789 '.repeat(length)}`;
      const start = process.cpuUsage();
      expect(() => parsePythonJson(text)).toThrow(SyntaxError);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    costOf(10_000);
    const few = Math.max(costOf(20_000), 2000);
    expect(costOf(200_000)).toBeLessThan(few * 100); // ten times the length; were it squared, a hundred times and more
  });
});

describe('The context of an entry from the event bus', () => {
  it('is empty where it is null, as the producers of Open edX write it for an event without one', () => {
    expect(read('{}', 'null').context).toEqual({});
  });
});

import fc from 'fast-check';
import { backend, LoggerBackend, MemoryBackend } from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';
import { referenceJson } from '../../src/event/reference-text';

/**
 * The text that the reference format writes for an event named `n`, emitted at the start of
 * 2024-02-03.
 */
async function textOf(data: unknown, context: object = {}, clock = Date.UTC(2024, 1, 3)): Promise<string> {
  const folder = new LogFolder();
  const { tracker } = await startTracking({
    clock: () => clock,
    backends: {
      log: backend(LoggerBackend, { path: folder.file(), sync: true, format: 'reference' }),
      sink: backend(MemoryBackend),
    },
  });
  tracker.context(context, () => tracker.emit('n', data as object));
  return folder.text();
}

async function fieldText(value: unknown): Promise<string> {
  const text = await textOf({ v: value });
  const [, field] = /"data": \{"v": (.*)\}, "context": \{\}\}\n$/s.exec(text) ?? [];
  return String(field);
}

describe('The reference format', () => {
  it("has the reference's order of fields and its separators, and no id", async () => {
    expect(await textOf({ list: [1, [], {}], text: '' }, { user: { id: null } })).toBe(
      '{"name": "n", "timestamp": "2024-02-03T00:00:00+00:00", ' +
        '"data": {"list": [1, [], {}], "text": ""}, "context": {"user": {"id": null}}}\n',
    );
  });

  it.each([
    ['', '""'],
    ['plain ~!', '"plain ~!"'],
    ['"\\/', String.raw`"\"\\/"`],
    ['\b\f\n\r\t', String.raw`"\b\f\n\r\t"`],
    ['\u0000\u001f\u007f\u0080', String.raw`"\u0000\u001f\u007f\u0080"`],
    ['é\u2028\uffff', String.raw`"\u00e9\u2028\uffff"`],
    ['\u{1f600}', String.raw`"\ud83d\ude00"`],
    ['\ud800', String.raw`"\ud800"`],
    ['\udc00\ud800', String.raw`"\udc00\ud800"`],
    ['%s ${a}', '"%s ${a}"'],
  ])('writes the text %j as %s', async (text, expected) => {
    expect(await fieldText(text)).toBe(expected);
  });

  it('writes keys as it writes texts', async () => {
    expect(await textOf({ 'é"\n': 1 })).toContain(String.raw`"data": {"\u00e9\"\n": 1}`);
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00012, '0.00012'],
    [0.00001, '1e-05'],
    [0.000015, '1.5e-05'],
    [-1.5e-7, '-1.5e-07'],
    [5e-324, '5e-324'],
    [1.25e-100, '1.25e-100'],
    [123456789.125, '123456789.125'],
    [9007199254740991, '9007199254740991'],
    [9999999999999998, '9999999999999998'],
    [1e16, '1e+16'],
    [-12345678901234568, '-1.2345678901234568e+16'],
    [1e21, '1e+21'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [Number.NaN, 'null'],
  ])('writes %p as %s', async (value, expected) => {
    expect(await fieldText(value)).toBe(expected);
  });

  it.each([
    ['2024-02-03T04:05:06.000Z', '2024-02-03T04:05:06+00:00'],
    ['2024-02-03T04:05:06.789Z', '2024-02-03T04:05:06.789000+00:00'],
    ['2024-02-03T04:05:06.001Z', '2024-02-03T04:05:06.001000+00:00'],
    ['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00+00:00'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999000+00:00'],
    ['+010000-01-01T00:00:00.000Z', '+010000-01-01T00:00:00+00:00'],
  ])('writes the time %s as %s, in data and as timestamp', async (time, expected) => {
    expect(await fieldText(new Date(time))).toBe(`"${expected}"`);
    expect(await textOf({}, {}, Date.parse(time))).toContain(`"timestamp": "${expected}"`);
  });

  it('writes a key that is a name of a prototype like any other', async () => {
    expect(await textOf(JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'))).toContain(
      '"data": {"__proto__": {"a": 1}, "constructor": 2}',
    );
  });

  it('writes data that are no object', async () => {
    expect(await textOf([1, 'a'])).toContain('"data": [1, "a"]');
    expect(await textOf('text')).toContain('"data": "text"');
    expect(await textOf(true)).toContain('"data": true');
  });

  it('is JSON', async () => {
    const data = { list: [1e-7, '\u007f\ud800', new Date(0)], nested: { a: null } };
    expect(JSON.parse(await textOf(data))).toEqual({
      name: 'n',
      timestamp: '2024-02-03T00:00:00+00:00',
      data: { list: [1e-7, '\u007f\ud800', '1970-01-01T00:00:00+00:00'], nested: { a: null } },
      context: {},
    });
  });

  it('writes any text by one rule, however long it is', () => {
    const short: Readonly<Record<string, string>> = {
      '\b': 'b',
      '\f': 'f',
      '\n': 'n',
      '\r': 'r',
      '\t': 't',
      '"': '"',
      '\\': '\\',
    };
    const escaped = (unit: string): string => {
      if (short[unit] !== undefined) return `\\${short[unit]}`;
      return unit >= ' ' && unit <= '~' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    };
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('"', '\\', '\n', '\u007f', 'é', '😀', '\ud800', 'a'),
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (part, times) => {
        const text = part.repeat(times);
        expect(referenceJson(text)).toBe(`"${text.split('').map(escaped).join('')}"`);
      }),
    );
  });
});

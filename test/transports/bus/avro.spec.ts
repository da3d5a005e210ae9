import fc from 'fast-check';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { eventOf, trackingLogOf, utcTime } from '../../../src/transports/bus/tracking-log';
import { cpuGrowth, expectLinear } from '../../support/growth';

/** As the Python producer wrote it: openedx-events 11.2.0, a play_video of the LMS. */
const GOLDEN =
  '14706c61795f766964656f32323032342d30322d30335430343a30353a30362b30303a30306c7b226964223a20227631222c20226e223a20312e302c20225c7530306663223a20225c75303065395c75643833645c7564653030227d6e7b22636f757273655f6964223a2022636f757273652d76313a6564582b44656d6f582b44656d6f222c2022757365725f6964223a20337d';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/redis-streams', peers: ['avsc'] });

describe('A tracking event on the bus', () => {
  it('is written byte for byte as the Python producer writes it', () => {
    const log = codec.decode(Buffer.from(GOLDEN, 'hex'));
    expect(log).toEqual({
      name: 'play_video',
      timestamp: '2024-02-03T04:05:06+00:00',
      data: '{"id": "v1", "n": 1.0, "\\u00fc": "\\u00e9\\ud83d\\ude00"}',
      context: '{"course_id": "course-v1:edX+DemoX+Demo", "user_id": 3}',
    });
    expect(codec.encode(log).toString('hex')).toBe(GOLDEN);
  });

  it('is an event again, with the id that it had on the bus', () => {
    expect(eventOf('id', codec.decode(Buffer.from(GOLDEN, 'hex')))).toEqual({
      name: 'play_video',
      timestamp: new Date('2024-02-03T04:05:06Z'),
      id: 'id',
      context: { course_id: 'course-v1:edX+DemoX+Demo', user_id: 3 },
      data: { id: 'v1', n: 1, ü: 'é😀' },
    });
  });

  it('is read with fields that a later schema has behind its own, and not if it ends too early', () => {
    const golden = Buffer.from(GOLDEN, 'hex');
    const log = codec.decode(golden);
    for (const more of ['00', '02066f7267', '0001020304']) {
      expect(codec.decode(Buffer.concat([golden, Buffer.from(more, 'hex')]))).toEqual(log);
    }
    for (let length = 0; length < golden.length; length++)
      expect(() => codec.decode(golden.subarray(0, length))).toThrow('it ends in the middle of its Avro record');
  });

  it('comes back as it was emitted', () => {
    const event = {
      ...{ name: 'e', timestamp: new Date('2026-11-24T12:00:00.120Z'), id: 'id' },
      ...{ context: { user_id: 3 }, data: { list: [1, 'é"\n'], deep: { n: null } } },
    };
    expect(trackingLogOf(event).timestamp).toBe('2026-11-24T12:00:00.120000+00:00');
    expect(eventOf('id', codec.decode(codec.encode(trackingLogOf(event))))).toEqual(event);
  });

  it.each([
    ['2024-01-02T03:04:05.678900+00:00', '2024-01-02T03:04:05.678Z'],
    ['2024-01-02T03:04:05+00:00', '2024-01-02T03:04:05.000Z'],
    ['2024-01-02T03:04:05.5Z', '2024-01-02T03:04:05.500Z'],
    ['2024-01-02T03:04:05.5', '2024-01-02T03:04:05.500Z'],
    ['2024-01-02T03:04:05.000001-0530', '2024-01-02T08:34:05.000Z'],
  ])('is read at the time %s', (timestamp, time) => {
    const event = eventOf('id', { name: 'e', timestamp, data: '{}', context: '{}' });
    expect(event.timestamp.toISOString()).toBe(time);
  });

  it.each([
    ['2026-11-24T12:00:00.120000+05:30', '2026-11-24T06:30:00.120000+00:00'],
    ['2026-11-24T12:00:00-0800', '2026-11-24T20:00:00+00:00'],
    ['2026-12-31 23:30:00.1-01:00', '2027-01-01T00:30:00.100000+00:00'],
    ['2026-11-24T12:00:00Z', '2026-11-24T12:00:00+00:00'],
    ['2026-11-24T12:00:00.000001+00:00', '2026-11-24T12:00:00.000001+00:00'],
  ])('emitted at %s has the time %s as a CloudEvent', (timestamp, time) => {
    const log = trackingLogOf({ name: 'e', timestamp: timestamp as never, id: 'id', context: {}, data: {} });
    expect(utcTime(log.timestamp)).toBe(time);
    expect(Date.parse(time)).toBe(Date.parse(log.timestamp));
  });

  it('has a CloudEvent time of the same moment, whatever its offset', () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 }).map((minutes) => {
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
      return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
    });
    const date = fc.date({ min: new Date('0002-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, offset, (at, zone) => {
        const text = at.toISOString().replace('Z', zone);
        const time = utcTime(
          trackingLogOf({ name: 'e', timestamp: text as never, id: 'i', context: {}, data: {} }).timestamp,
        );
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
        expect(Date.parse(time)).toBe(Date.parse(text));
      }),
    );
  });

  it('is read with integers of any length in all their digits', () => {
    const digits = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
    fc.assert(
      fc.property(fc.array(digits, { minLength: 1 }), (integers) => {
        const data = `{"list": [${integers.join(', ')}], "at": {"deep": ${String(integers[0])}}, "text": "${String(integers[0])}, 1"}`;
        const event = eventOf('id', { name: 'e', timestamp: '2024-01-02T03:04:05Z', data, context: '{}' });
        expect((event.data as { list: unknown[] }).list.map(String)).toEqual(integers.map(String));
        expect(event.data).toMatchObject({ text: `${String(integers[0])}, 1` });
      }),
    );
  });

  it('is read with what JSON has no word for, which is null, and not in texts', () => {
    const data = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, \\"Infinity\\""}';
    const event = eventOf('id', { name: 'e', timestamp: '2024-01-02T03:04:05Z', data, context: '{}' });
    expect(event.data).toEqual({ a: null, b: [null, null], c: 'NaN, "Infinity"' });
  });

  it('is read with words that JSON lacks wherever Python may write them, next to any strings', () => {
    const text = fc.oneof(
      fc.constantFrom('NaN', 'Infinity', '-Infinity', '\\', '"', 'a "NaN" b', '\\"NaN', ''),
      fc.string({ unit: 'binary' }),
    );
    const word = fc.constantFrom('NaN', 'Infinity', '-Infinity');
    const item = fc.oneof(
      text.map((value) => ({ json: JSON.stringify(value), value: value })),
      word.map((value) => ({ json: value, value: null })),
    );
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const data = `{"list": [NaN${items.map(({ json }) => `, ${json}`).join('')}]}`;
        const event = eventOf('id', { name: 'e', timestamp: '2024-01-02T03:04:05Z', data, context: '{}' });
        expect(event.data).toEqual({ list: [null, ...items.map(({ value }) => value)] });
      }),
    );
  });

  it.each<[string, (size: number) => string]>([
    ['inside of a string that holds JSON', (size) => `{"answer":"${'\\"'.repeat(size)}`],
    ['inside of such a string, behind a NaN', (size) => `{"a":NaN,"answer":"${'\\"'.repeat(size)}`],
    ['behind a backslash', (size) => `{"a":NaN,"answer":"${'\\"'.repeat(size)}\\`],
    ['inside of a string of backslashes', (size) => `{"a":NaN,"answer":"${'\\'.repeat(2 * size + 1)}`],
    ['between many strings', (size) => `{"a":NaN,"list":[${'"",'.repeat(size)}`],
    ['between many NaN', (size) => `{"list":[${'NaN,'.repeat(size)}`],
    ['between many minus signs', (size) => `{"a":NaN,"b":${'-'.repeat(size)}`],
    ['between many words', (size) => `{"a":NaN,"b":${'-Infinit'.repeat(size)}`],
  ])('takes time linear in its length where it is cut off %s', (_, textOf) => {
    const growth = cpuGrowth(10_000, (size) => {
      const data = textOf(size);
      return () =>
        expect(() => eventOf('id', { name: 'e', timestamp: '2024-01-02T03:04:05Z', data, context: '{}' })).toThrow(
          'its data is not JSON',
        );
    });
    expectLinear(growth);
  });

  it('says nothing of a timestamp that is none, which may be of any length', () => {
    const log = { name: 'e', timestamp: '9'.repeat(100_000), data: '{}', context: '{}' };
    expect(() => eventOf('id', log)).toThrow(/^its timestamp is no time$/);
  });

  it.each([
    [{ timestamp: 'yesterday' }, 'its timestamp is no time'],
    [{ data: '{' }, 'its data is not JSON'],
    [{ data: null as unknown as string }, 'its data is not JSON'],
    [{ context: '[1]' }, 'its context is not a JSON object'],
  ])('is none with %j', (fault, what) => {
    const log = { name: 'e', timestamp: '2024-01-02T03:04:05Z', data: '{}', context: '{}', ...fault };
    expect(() => eventOf('id', log)).toThrow(what);
  });
});

import {
  ContextText,
  eventOf,
  trackingLogOf,
  utcTime,
  type TrackingLog,
} from '../../../src/transports/bus/tracking-log';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';

const event = (more: object): IdentifiedEvent => ({
  ...{ name: 'e', timestamp: new Date('2026-11-24T08:00:00.120Z'), id: 'i', context: {}, data: {} },
  ...more,
});
const log = (more: object): TrackingLog => ({
  ...{ name: 'e', timestamp: '2026-11-24T08:00:00+00:00', data: '{}', context: '{}' },
  ...more,
});

describe('trackingLogOf', () => {
  it('writes data and context as the JSON of Python', () => {
    expect(trackingLogOf(event({ data: { a: [1, 'é'] }, context: { b: null } }))).toEqual({
      ...{ name: 'e', timestamp: '2026-11-24T08:00:00.120000+00:00' },
      ...{ data: '{"a": [1, "\\u00e9"]}', context: '{"b": null}' },
    });
  });

  it.each([
    ['2026-11-24T08:00:00Z', '2026-11-24T08:00:00+00:00'],
    ['2026-11-24 08:00:00', '2026-11-24T08:00:00+00:00'],
    ['2026-11-24T08:00:00.1234567+0530', '2026-11-24T08:00:00.123456+05:30'],
    ['2026-11-24T08:00:00.1', '2026-11-24T08:00:00.100000+00:00'],
    ['Tue, 24 Nov 2026 08:00:00 GMT', undefined],
    ['2026-11-24', '2026-11-24T00:00:00+00:00'],
  ])('keeps the digits of the timestamp %s', (timestamp, written) => {
    const convert = (): string => trackingLogOf(event({ timestamp })).timestamp;
    if (written === undefined) expect(convert).toThrow('its timestamp is no time');
    else expect(convert()).toBe(written);
  });

  it.each([null, 'soon', `2026-11-24T08:00:00.${'1'.repeat(100)}`, new Date(NaN)])(
    'refuses the timestamp %s without quoting it',
    (timestamp) => {
      expect(() => trackingLogOf(event({ timestamp }))).toThrow(/^its timestamp is no time$/);
    },
  );

  it('writes the JSON of a context once for events that share it', () => {
    const contexts = new ContextText();
    const reads = jest.fn(() => 1);
    const context = Object.defineProperty({}, 'a', { enumerable: true, get: reads });
    const texts = [event({ context }), event({ context })].map((each) => trackingLogOf(each, contexts).context);
    const before = reads.mock.calls.length;
    trackingLogOf(event({ context }), contexts);
    expect([texts, reads.mock.calls.length]).toEqual([['{"a": 1}', '{"a": 1}'], before]);
    expect(trackingLogOf(event({ context: { b: 2 } }), contexts).context).toBe('{"b": 2}');
  });
});

describe('eventOf', () => {
  it('reads an event of Python, with NaN and a time without an offset', () => {
    expect(eventOf('i', log({ data: '{"a": NaN}', context: '{"b": 1}', timestamp: '2026-11-24T08:00:00' }))).toEqual({
      ...{ name: 'e', id: 'i', timestamp: new Date('2026-11-24T08:00:00Z') },
      ...{ data: { a: null }, context: { b: 1 } },
    });
  });

  it.each([
    ['context', { context: 'null' }, { context: {} }],
    ['context', { context: null }, { context: {} }],
    ['name', { name: '' }, { name: 'unknown' }],
  ])('reads a missing %s', (_, given, expected) => {
    expect(eventOf('i', log(given))).toMatchObject(expected);
  });

  it.each([
    [{ context: '[1]' }, 'its context is not a JSON object'],
    [{ context: '{' }, 'its context is not JSON'],
    [{ data: '{' }, 'its data is not JSON'],
    [{ data: null }, 'its data is not JSON'],
    [{ timestamp: 'soon' }, 'its timestamp is no time'],
  ])('refuses %j', (given, message) => {
    expect(() => eventOf('i', log(given))).toThrow(message);
  });
});

describe('utcTime', () => {
  it.each([
    ['2026-11-24T08:00:00.123456+00:00', '2026-11-24T08:00:00.123456+00:00'],
    ['2026-11-24T08:00:00.123456+05:30', '2026-11-24T02:30:00.123456+00:00'],
    ['2026-11-24T08:00:00-01:00', '2026-11-24T09:00:00+00:00'],
  ])('converts %s to %s', (timestamp, utc) => {
    expect(utcTime(timestamp)).toBe(utc);
  });

  it('keeps the digits of a year after 9999', () => {
    const { timestamp } = trackingLogOf(event({ timestamp: new Date('+010000-01-01T00:00:00Z') }));
    expect(new Date(utcTime(timestamp)).getTime()).toBe(new Date('+010000-01-01T00:00:00Z').getTime());
  });
});

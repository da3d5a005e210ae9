import fc from 'fast-check';
import { eventOfLine } from '../../../src/cli/event-line';

const TIME = '2026-11-01T12:00:00.000000+00:00';
const EVENT = { name: 'played', timestamp: TIME, data: { at: 1 }, context: { user_id: 7 } };
const JSON_TEXT = JSON.stringify(EVENT);

/** As the platform writes the event after its processors. */
const PLATFORM = {
  ...{ name: 'edx.video.played', event_type: 'play_video', event_source: 'browser', time: TIME, page: 'https://x/y' },
  ...{ username: 'ann', session: '', ip: '192.0.2.1', agent: 'a', host: 'h', referer: '', accept_language: 'en' },
  ...{ context: { course_id: 'c', user_id: 7, path: '/event' }, event: '{"id": "v", "currentTime": NaN}' },
};

describe('eventOfLine: the event of a line', () => {
  it.each([
    ['by itself', JSON_TEXT],
    ['in a line of pino', JSON.stringify({ level: 30, time: 1, name: 'app', event: EVENT, msg: 'played' })],
    ["in the message of Nest's logger", JSON.stringify({ level: 'log', pid: 1, timestamp: 1, message: JSON_TEXT })],
    ["as the message of Nest's logger", JSON.stringify({ level: 'log', pid: 1, timestamp: 1, message: EVENT })],
    ['in the log of a container', JSON.stringify({ log: `${JSON_TEXT}\n`, stream: 'stdout', time: TIME })],
    ['behind a prefix in a field', JSON.stringify({ message: `[Nest] 1 - LOG ${JSON_TEXT}` })],
    ['behind the prefix of syslog', `Nov  1 12:00:00 host app[12]: ${JSON_TEXT}`],
    ['behind the prefix of Python', `2026-11-01 12:00:00,000 INFO 9 [tracking] [user {}] logger.py:41 - ${JSON_TEXT}`],
    ['behind the prefix of a container runtime', `${TIME} stdout F ${JSON_TEXT}`],
  ])('is read %s', (_, line) => {
    expect(eventOfLine(line)).toEqual(EVENT);
  });

  it('is read from the tracking log of Open edX, with the context put together again', () => {
    const expected = {
      ...{ name: 'edx.video.played', timestamp: TIME, data: { id: 'v', currentTime: null } },
      context: {
        ...{ course_id: 'c', user_id: 7, path: '/event', username: 'ann', ip: '192.0.2.1', agent: 'a', host: 'h' },
        ...{ accept_language: 'en', event_source: 'browser', page: 'https://x/y' },
      },
    };
    const line = JSON.stringify(PLATFORM);
    expect(eventOfLine(line)).toEqual(expected);
    expect(eventOfLine(`2026-11-01 12:00:00,000 INFO 12 [tracking] logger.py:41 - ${line}`)).toEqual(expected);
    expect(eventOfLine(JSON.stringify({ message: line }))).toEqual(expected);
  });

  it.each<[string, unknown, unknown]>([
    ['an object', { a: 1 }, { a: 1 }],
    ['JSON text', '{"a": [1]}', { a: [1] }],
    ['an empty string', '', {}],
    ['null', null, {}],
    ['the text of a form', 'input_1=a&input_2=b', 'input_1=a&input_2=b'],
    ['text that begins as JSON does', '[draft', '[draft'],
  ])('has as its data what the platform wrote as %s', (_, event, data) => {
    const { name: _name, ...implicit } = PLATFORM;
    const line = JSON.stringify({ ...implicit, event_type: '/courses/x', event_source: 'server', page: null, event });
    expect(eventOfLine(line)).toMatchObject({ name: '/courses/x', data });
    expect(eventOfLine(line)).not.toMatchObject({ context: { event_source: 'server' } });
  });

  it('keeps what the context itself says', () => {
    const line = JSON.stringify({ ...PLATFORM, context: { username: 'bob' } });
    expect(eventOfLine(line)).toMatchObject({ context: { username: 'bob', ip: '192.0.2.1' } });
  });

  it('has null for the numbers of Python that JSON does not have, and all other numbers as they are', () => {
    const data = '{"a": NaN, "b": [-Infinity, Infinity, 1.5], "c": "NaN, \\"-Infinity\\"", "d": 12345678901234567}';
    const line = `{"name": "played", "timestamp": "${TIME}", "data": ${data}, "context": {"a": NaN}}`;
    expect(eventOfLine(line)).toEqual({
      ...EVENT,
      data: { a: null, b: [null, null, 1.5], c: 'NaN, "-Infinity"', d: Number('12345678901234567') },
      context: { a: null },
    });
  });

  it.each([
    ['', 'blank'],
    [' \r', 'blank'],
    ['{"level":30}', 'other'],
    ['[1]', 'other'],
    ['NaN', 'other'],
    ['{"message":"{\\"a\\":1}"}', 'other'],
    ['{"event_type":"a","time":1,"event":{}}', 'other'],
    ['{"event_type":"a","time":"2026"}', 'other'],
    ['INFO - {"a":1}', { why: 'is not valid JSON' }],
    ['{"name":"played","timest', { why: 'is not valid JSON' }],
    ['{"a":NaN', { why: 'is not valid JSON' }],
  ])('is not in %j', (line, expected) => {
    expect(eventOfLine(line)).toEqual(expected);
  });

  it('is found behind any prefix without a brace, and no line makes it throw', () => {
    const prefix = fc.string().map((text) => text.replace(/[{\n]/g, ''));
    fc.assert(fc.property(prefix, (text) => expect(eventOfLine(`${text} ${JSON_TEXT}`)).toEqual(EVENT)));
    fc.assert(fc.property(fc.string(), (text) => void eventOfLine(text)));
    fc.assert(fc.property(fc.json(), (text) => void eventOfLine(text)));
  });
});

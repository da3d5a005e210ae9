import { SegmentBackend } from '../../../src/entries/segment';
import { TrackingConfigException } from 'nestjs-event-tracking';
import { WRITE_KEY } from './segment-parts';

describe('The options of a SegmentBackend', () => {
  const client = { track: () => {} };
  it.each<readonly [string, unknown, RegExp]>([
    ['none', undefined, /^writeKey and client are missing/],
    ['neither a write key nor a client', {}, /^writeKey and client are missing; expected one of them\.$/],
    ['a write key that is empty', { writeKey: '' }, /^writeKey is ""; expected a non-empty string/],
    ['a write key that is no text', { writeKey: 7 }, /^writeKey is a number; expected a non-empty string\.$/],
    ['a client that is none', { client: {} }, /^client is an object; expected a client with track\(\)\.$/],
    ['a client that is null', { client: null }, /^client is null; expected a client/],
    ['both', { writeKey: WRITE_KEY, client }, /^writeKey is set, but client has its own/],
    ['a host beside a client', { host: 'https://h.example', client }, /^host is set, but client has its own/],
    [
      'a host that is none',
      { writeKey: WRITE_KEY, host: 'h.example' },
      /^host is a string that is not a URL; expected a URL/,
    ],
    ['gzip as a text', { writeKey: WRITE_KEY, gzip: 'no' }, /^gzip is "no"/],
    [
      'an anonymousId that is a text',
      { writeKey: WRITE_KEY, anonymousId: 'a' },
      /^anonymousId is a string of 1 character; expected a function/,
    ],
    ['an unknown option', { writeKey: WRITE_KEY, flushAt: 20 }, /^unknown option "flushAt"; known options: writeKey/],
  ])('are refused if they are: %s', (_what, options, fault) => {
    let errors: TrackingConfigException['errors'] = [];
    try {
      new SegmentBackend(options as never);
    } catch (error) {
      if (!(error instanceof TrackingConfigException)) throw error;
      ({ errors } = error);
    }
    expect(errors.map(({ what }) => what)).toEqual([expect.stringMatching(fault)]);
    expect(JSON.stringify(errors)).not.toContain(WRITE_KEY);
  });
});

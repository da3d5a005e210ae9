import { hasName, hasUser, segmentTrack } from '../../../src/backends/segment/segment-track';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';

const TIME = new Date(0);

function eventWith(context: Record<string, unknown>, changes: Partial<IdentifiedEvent> = {}): IdentifiedEvent {
  return { name: 'e', timestamp: TIME, id: 'i', context, data: { a: 1 }, ...changes };
}

describe('segmentTrack', () => {
  it('has the name, the time, the id and all other fields of the event', () => {
    const event = eventWith({ user_id: 7 });
    expect(segmentTrack(event, undefined)).toEqual({
      ...{ userId: '7', event: 'e', timestamp: TIME, messageId: 'i', context: {} },
      properties: { name: 'e', timestamp: TIME, context: { user_id: 7 }, data: { a: 1 } },
    });
  });

  it.each([
    [0, '0'],
    [false, 'false'],
    ['x', 'x'],
    [TIME, TIME.toJSON()],
    [{ a: 1 }, '{"a":1}'],
  ])('has the user %j as a string', (user, expected) => {
    expect(segmentTrack(eventWith({ user_id: user }), undefined).userId).toBe(expected);
  });

  it('has a visitor, with or without a user', () => {
    expect(segmentTrack(eventWith({}), 'v')).toMatchObject({ anonymousId: 'v' });
    expect(segmentTrack(eventWith({ user_id: '' }), 'v')).not.toHaveProperty('userId');
    expect(segmentTrack(eventWith({ user_id: 1 }), undefined)).not.toHaveProperty('anonymousId');
  });

  it('has the context under the names of Segment, without what is missing', () => {
    const context = { client_id: 'c', ip: '::1', agent: 'a', path: '/p', referer: 'r', page: 'http://x/p' };
    expect(segmentTrack(eventWith(context), 'v').context).toEqual({
      'Google Analytics': { clientId: 'c' },
      ip: '::1',
      userAgent: 'a',
      page: { path: '/p', referrer: 'r', url: 'http://x/p' },
    });
    expect(segmentTrack(eventWith({ ip: null, page: undefined }), 'v').context).toEqual({});
  });

  it.each<[context: Record<string, unknown>, url: unknown]>([
    [{ host: 'h', path: '/p' }, 'https://h/p'],
    [{ host: 'h', path: 'p' }, 'https://h/p'],
    [{ host: 'h', path: '/p', page: 'own' }, 'own'],
    [{ host: 'h', path: '/p', page: {} }, 'https://h/p'],
    [{ host: 1, path: '/p' }, undefined],
    [{ protocol: 'http', host: 'h:3000', path: '/p' }, 'http://h:3000/p'],
    [{ protocol: 'https', host: 'h', path: '/p' }, 'https://h/p'],
    [{ protocol: 'javascript', host: 'h', path: '/p' }, 'https://h/p'],
    [{ protocol: 7, host: 'h', path: '/p' }, 'https://h/p'],
    [{ protocol: 'http', path: '/p' }, undefined],
  ])('has of %j the url %j', (context, url) => {
    const { page } = segmentTrack(eventWith(context), 'v').context as { page: { url?: unknown } };
    expect(page.url).toEqual(url);
  });

  it('has a short id that stays the same for an id that is too long', () => {
    const idOf = (id: string): string => segmentTrack(eventWith({}, { id }), 'v').messageId;
    expect(idOf('x'.repeat(99))).toBe('x'.repeat(99));
    expect(idOf('x'.repeat(100))).toMatch(/^[0-9a-f]{64}$/);
    expect(idOf('x'.repeat(100))).toBe(idOf('x'.repeat(100)));
    expect(idOf('x'.repeat(101))).not.toBe(idOf('x'.repeat(100)));
  });
});

describe('hasUser and hasName', () => {
  it.each([
    [{ user_id: 0 }, true],
    [{ user_id: '' }, false],
    [{ user_id: null }, false],
    [{}, false],
  ])('hasUser of %j is %s', (context, expected) => {
    expect(hasUser(eventWith(context))).toBe(expected);
  });

  it.each([
    ['e', true],
    ['', false],
    [undefined, false],
    [5, false],
  ])('hasName of %j is %s', (name, expected) => {
    expect(hasName(eventWith({}, { name: name as string }))).toBe(expected);
  });
});

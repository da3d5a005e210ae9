import { TrackingConfigException } from 'nestjs-event-tracking';
import {
  CALIPER_CONTEXT,
  caliperEnvelope,
  openEdxCaliperRows,
  toCaliper,
  type CaliperOptions,
  type CaliperRow,
} from 'nestjs-event-tracking/caliper';
import { LearningMappingException } from 'nestjs-event-tracking/xapi';

const rootUrl = 'https://shop.example/';
const viewed: CaliperRow = {
  type: 'ViewEvent',
  action: 'Viewed',
  object: {
    id: { iri: ['pages', '!data.page'] },
    type: 'WebPage',
    fields: { name: 'data.title', duration: { seconds: 'data.seconds' } },
    extensions: { theme: 'theme' },
  },
};
const event = {
  id: '0198c2f0-7f3e-7c11-9d55-1f2a3b4c5d6e',
  name: 'page.viewed',
  timestamp: new Date('2026-03-01T10:00:00.250Z'),
  context: { user_id: 7, session: 's1' },
  data: { page: 'p1', seconds: 61.5, title: null, look: { theme: 'dark' } },
};

const one = (options: Partial<CaliperOptions> = {}, given: object = event) =>
  toCaliper({ rootUrl, rows: { 'page.viewed': viewed }, ...options })(given)[0];

describe('toCaliper', () => {
  it('makes an event of your own row, with the id of the event', () => {
    expect(one()).toEqual({
      '@context': CALIPER_CONTEXT,
      id: `urn:uuid:${event.id}`,
      type: 'ViewEvent',
      action: 'Viewed',
      actor: { id: 'https://shop.example/user/7', type: 'Person' },
      object: {
        id: 'https://shop.example/pages/p1',
        type: 'WebPage',
        duration: 'PT1M1.5S',
        extensions: { theme: 'dark' },
      },
      eventTime: '2026-03-01T10:00:00.250Z',
      session: { id: 'https://shop.example/sessions/s1', type: 'Session' },
      extensions: { transformerVersion: 'nestjs-event-tracking' },
    });
  });

  it.each([
    ['a whole IRI', 'urn:uuid:1', 'urn:uuid:1'],
    ['an id', 'u-1', 'https://shop.example/user/u-1'],
  ])('takes %s as the actor', (_title, id, expected) => {
    expect(one({ actor: () => id })?.actor.id).toBe(expected);
  });

  it('gives a line of a log the same id each time, and another line another id', () => {
    const { id: _id, ...line } = event;
    expect(one({}, line)?.id).toBe(one({}, { ...line })?.id);
    expect(one({}, line)?.id).not.toBe(one({}, { ...line, data: { page: 'p2' } })?.id);
    expect(one({}, { ...event, id: 'x' })?.id).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });

  it('can take a function as a row, and change what is made', () => {
    const made = one({
      rows: {
        'page.viewed': (_event, { rootUrl: root }) => ({
          type: 'Event',
          action: 'Used',
          object: { id: root, type: 'X' },
        }),
      },
      override: { '*': (each) => ({ ...each, action: 'Changed' }) },
    });
    expect(made).toMatchObject({ type: 'Event', action: 'Changed', object: { id: 'https://shop.example' } });
  });

  it.each([
    ['has no time', { timestamp: undefined }, 'its time is not a time with a zone'],
    ['has no user', { context: {} }, 'it has no user_id and no username'],
    ['lacks a required field', { data: {} }, 'data.page is missing'],
  ])('refuses an event that %s', (_title, change, problem) => {
    const make = () => one({}, { ...event, ...change });
    expect(make).toThrow(LearningMappingException);
    expect(make).toThrow(`No Caliper event for "page.viewed": ${problem}.`);
  });

  it('makes nothing of an event without a row', () => {
    expect(toCaliper({ rootUrl, openEdx: false })({ ...event, name: 'play_video' })).toEqual([]);
  });

  it('knows the 35 events of Open edX', () => {
    expect(Object.keys(openEdxCaliperRows)).toHaveLength(35);
  });

  it('reports all errors in its options at once', () => {
    const make = () => toCaliper({ rows: { a: {} }, override: { b: 1 }, openEdx: 'no' } as never);
    expect(make).toThrow(TrackingConfigException);
    for (const part of ['rootUrl', 'rows["a"]', 'override["b"]', 'openEdx']) expect(make).toThrow(part);
  });
});

describe('An envelope', () => {
  it('has the sensor, the time and the version of the data', () => {
    const made = toCaliper({ rootUrl, rows: { 'page.viewed': viewed } })(event);
    expect(caliperEnvelope('https://shop.example/sensor', made, new Date(0))).toEqual({
      sensor: 'https://shop.example/sensor',
      sendTime: '1970-01-01T00:00:00.000Z',
      dataVersion: CALIPER_CONTEXT,
      data: made,
    });
  });
});

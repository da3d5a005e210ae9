/**
 * The text of an imported event's time: ids of statements are made of it, and it has microseconds.
 */
import { backend, LoggerBackend, MemoryBackend, processor, RoutingBackend } from '../../../src/entries';
import { importEvents, LegacyFieldMappingProcessor } from '../../../src/entries/openedx';
import { XapiBackend, toXapi, type Statement } from '../../../src/entries/xapi';
import { LogFolder } from '../../support/log-folder';
import { startTracking } from '../../support/start-tracking';
import { join } from 'node:path';
import { TestLrs } from '../../xapi/test-lrs';
import { vectorCases } from '../../xapi/vector-cases';
import { platformLine } from './support';

const ACTOR = '32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb';
const MAPPING = { rootUrl: 'http://localhost:18000', actor: () => ACTOR };
const LINE = (time: string): string => platformLine(4, { time });

const idsOf = (expected: unknown): readonly string[] => [expected].flat().map((each) => (each as Statement).id);

/** The cases that are lines of a log: with a context, data and a time. */
const CASES = vectorCases(join(__dirname, '../../xapi/vectors')).filter(
  ({ agent, expected, raw: { context, data, event = data, timestamp, event_type: type } }) =>
    agent === 'account' && [expected, context, event, timestamp ?? type].every((part) => part !== undefined),
);

describe('An imported event', () => {
  it('gets the statements of Open edX, with the same ids, from each line that Open edX converts', async () => {
    const { tracker, events } = await startTracking({ backends: { sink: backend(MemoryBackend) } });
    await importEvents([CASES.map(({ raw }) => `${JSON.stringify(raw)}\n`).join('')], { tracker });
    const statementsOf = toXapi(MAPPING);
    expect(CASES.length).toBeGreaterThan(60);
    expect(events().map((event) => [event.name, statementsOf(event).map(({ id }) => id)])).toEqual(
      CASES.map(({ raw, expected }) => [raw['name'], idsOf(expected)]),
    );
  });

  it('is sent to an LRS with that id', async () => {
    const lrs = await TestLrs.listen();
    try {
      const { tracker } = await startTracking({
        backends: { lrs: backend(XapiBackend, { url: lrs.url, ...MAPPING }) },
      });
      await importEvents([JSON.stringify(CASES[0]?.raw)], { tracker });
      expect([...lrs.stored.keys()]).toEqual(idsOf(CASES[0]?.expected));
    } finally {
      await lrs.close();
    }
  });

  it.each([
    ['2025-01-01T00:00:00.123456+00:00', true],
    ['2025-01-01T00:00:00.123456Z', true],
    ['2025-01-01T00:00:00Z', true],
    ['2025-01-01T02:00:00.5+02:00', true],
    ['2025-01-01T00:00:00.123000+00:00', false],
    ['2025-01-01T00:00:00+00:00', false],
    ['2025-01-01T00:00:00.123456', false],
  ])('keeps the text of %s only if its Date does not tell it: %s', async (time, isKept) => {
    const { tracker, last } = await startTracking();
    await importEvents([LINE(time)], { tracker });
    expect(last()).toMatchObject({ timestamp: new Date(/Z|\+/.test(time) ? time : `${time}Z`) });
    expect((last() as { time?: unknown }).time).toBe(isKept ? time : undefined);
  });

  it('has the text of its time behind a queue and in a log of this package, which can be imported again', async () => {
    const folder = new LogFolder();
    const { app, tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: folder.file() }) },
    });
    await importEvents([LINE('2025-01-01T00:00:00.123456+00:00')], { tracker });
    await app.close();
    const again = await startTracking();
    await importEvents([folder.text()], { tracker: again.tracker });
    const statement = (event: object): string | undefined => toXapi(MAPPING)(event)[0]?.id;
    const video = { id: 'v', currentTime: 4 };
    const raw = { name: 'play_video', time: '2025-01-01T00:00:00.123456+00:00', event: video };
    const context = { course_id: 'course-v1:Campus+BIO+1', user_id: 4 };
    expect(statement(again.last() as object)).toBe(statement({ ...raw, context }));
  });

  it('that a processor moves to another time has the id of that time', async () => {
    const { tracker, last } = await startTracking({
      processors: [(event) => ({ ...event, timestamp: new Date('2025-02-02T00:00:00Z') })],
      backends: { sink: backend(MemoryBackend) },
    });
    await importEvents([LINE('2025-01-01T00:00:00.123456+00:00')], { tracker });
    expect(toXapi(MAPPING)(last() as object)[0]?.timestamp).toBe('2025-02-02T00:00:00+00:00');
  });

  it('of this package keeps its id and the time of its line', async () => {
    const { tracker, last } = await startTracking();
    const line = { name: 'a', timestamp: '2025-01-01T00:00:00.250Z', id: 'x', context: {}, data: {} };
    await importEvents([JSON.stringify(line)], { tracker });
    expect(last()).not.toHaveProperty('time');
  });

  it('is written to the log of the platform with its microseconds', async () => {
    const folder = new LogFolder();
    const processors = [processor(LegacyFieldMappingProcessor)];
    const log = backend(LoggerBackend, { path: folder.file(), format: 'reference' });
    const { app, tracker } = await startTracking({
      backends: { tracking_logs: backend(RoutingBackend, {}, { processors, backends: { log } }) },
    });
    await importEvents([LINE('2025-01-01T00:00:00.123456+00:00')], { tracker });
    await app.close();
    expect(folder.text()).toContain('"time": "2025-01-01T00:00:00.123456+00:00"');
  });
});

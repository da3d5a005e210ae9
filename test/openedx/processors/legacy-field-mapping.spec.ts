import { backend, LoggerBackend, MemoryBackend, processor, type TrackingEvent } from '../../../src/entries';
import { LegacyFieldMappingProcessor } from '../../../src/entries/openedx';
import { fixedClock } from '../../../src/entries/testing';
import { backendsFromSettings } from '../../../src/openedx/backends-from-settings';
import { LogFolder } from '../../support/log-folder';
import { startTracking } from '../../support/start-tracking';
import { LOGGER, ROUTING, withBackends } from '../support';

const CLOCK = fixedClock('2026-03-01T08:15:30.250Z');

/** The line that the platform's own settings give for one event. */
async function lineOf(name: string, data: object | undefined, context: object): Promise<string> {
  const folder = new LogFolder();
  const processors = ['LegacyFieldMappingProcessor', 'PrefixedEventProcessor'].map((each) => ({
    ENGINE: `common.djangoapps.track.shim.${each}`,
  }));
  const tracking_logs = { ENGINE: ROUTING, OPTIONS: { processors, backends: { logger: { ENGINE: LOGGER } } } };
  const tree = backendsFromSettings(withBackends({ tracking_logs }), {}, { logger: { path: folder.file() } });
  const { app, tracker } = await startTracking({ ...tree, clock: CLOCK });
  tracker.context(context, () => {
    tracker.emit(name, data);
  });
  await app.close();
  const [line = '', ...others] = folder.lines();
  expect(others).toEqual([]);
  return line;
}

describe('The line of the platform’s tracking log', () => {
  it('has the fields of the request, in the order of the platform, for an event of a server', async () => {
    const context = { username: 'zoë', user_id: 7, ip: '192.0.2.9', client_id: '12.34', course_id: 'c', host: 'lms' };
    expect(await lineOf('edx.bookmark.added', { note: 'ü', list: [] }, context)).toBe(
      '{"name": "edx.bookmark.added", "context": {"user_id": 7, "course_id": "c"}, "username": "zo\\u00eb", "session": "", ' +
        '"ip": "192.0.2.9", "agent": "", "host": "lms", "referer": "", "accept_language": "", ' +
        '"event": {"note": "\\u00fc", "list": []}, "time": "2026-03-01T08:15:30.250000+00:00", ' +
        '"event_type": "edx.bookmark.added", "event_source": "server", "page": null}',
    );
  });

  it('has the data of a browser as JSON text, and the values that the context gives', async () => {
    const context = {
      ...{ page: 'https://lms/x', event_source: 'browser', event_type: 'speed_change_video', path: '/event' },
      timestamp: new Date('2026-02-28T23:59:59Z'),
    };
    expect(await lineOf('speed_change_video', { old: '1.0', at: 2.5 }, context)).toBe(
      '{"name": "speed_change_video", "context": {"path": "/event"}, "username": "", "session": "", "ip": "", "agent": "", ' +
        '"host": "", "referer": "", "accept_language": "", "event": "{\\"old\\": \\"1.0\\", \\"at\\": 2.5}", ' +
        '"time": "2026-02-28T23:59:59+00:00", "event_type": "speed_change_video", "event_source": "browser", "page": "https://lms/x"}',
    );
  });

  it('has an empty object for an event without data, and other data of a browser as it is', async () => {
    expect(await lineOf('a', undefined, {})).toContain('"event": {}, ');
    expect(await lineOf('problem_check', ['input_1=x'], { event_source: 'browser' })).toContain(
      '"event": ["input_1=x"], ',
    );
  });
});

describe('LegacyFieldMappingProcessor', () => {
  it('leaves siblings, and the fields that other backends read, as they were', async () => {
    const { tracker, last } = await startTracking({
      backends: {
        a: backend(MemoryBackend, {}, { processors: [processor(LegacyFieldMappingProcessor)] }),
        b: backend(MemoryBackend),
      },
    });
    tracker.context({ username: 'eve', page: 'p' }, () => {
      tracker.emit('x', { n: 1 });
    });
    expect(last('b')).not.toHaveProperty('event');
    expect(last('b').context).toEqual({ username: 'eve', page: 'p' });
    const mapped = last('a');
    expect(mapped).toMatchObject({
      name: 'x',
      data: { n: 1 },
      event: { n: 1 },
      username: 'eve',
      page: 'p',
      context: {},
    });
    expect(mapped).toMatchObject({ time: mapped.timestamp });
  });

  it('keeps the fields that an earlier processor added where they were', async () => {
    const folder = new LogFolder();
    const { app, tracker } = await startTracking({
      backends: {
        log: backend(
          LoggerBackend,
          { path: folder.file(), format: 'reference' },
          {
            processors: [
              (event: TrackingEvent) => ({ ...event, release: 'r1' }),
              processor(LegacyFieldMappingProcessor),
            ],
          },
        ),
      },
    });
    tracker.emit('x');
    await app.close();
    expect(folder.lines()[0]).toMatch(/^\{"name": "x", "context": \{\}, "release": "r1", "username": "", /);
  });

  it('can be called outside of a tree', () => {
    const event = { name: 'x', timestamp: new Date(0), context: { ip: '::1' }, data: {} };
    expect(new LegacyFieldMappingProcessor().process(event)).toMatchObject({ ip: '::1', event_type: 'x' });
    expect(event.context).toEqual({ ip: '::1' });
  });
});

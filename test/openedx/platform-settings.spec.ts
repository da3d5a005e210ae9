/** Settings as platforms have them, each written here from what is known of the platform. */
import { mongooseEngines } from 'nestjs-event-tracking/mongoose';
import { AsyncRoutingBackend, backend, MemoryBackend } from '../../src/entries';
import {
  backendsFromSettings,
  GoogleAnalyticsProcessor,
  LegacyFieldMappingProcessor,
  PrefixedEventProcessor,
  type OpenEdxEngines,
} from '../../src/entries/openedx';
import { HttpSink } from '../support/http-sink';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';
import { ASYNC, errorsOf, EVENT_BUS, LOGGER, REGEX, ROUTING, WHITELIST, withBackends } from './support';

const SEGMENT = 'eventtracking.backends.segment.SegmentBackend';
const MONGO = 'eventtracking.backends.mongodb.MongoBackend';
const PATHS = ['track.shim', 'common.djangoapps.track.shim'];

/** The two branches of the platform's common settings, below one of the paths of its code. */
function common(path: string): Record<string, { OPTIONS: { processors: { OPTIONS?: object }[]; backends: object } }> {
  return {
    tracking_logs: {
      ENGINE: ROUTING,
      OPTIONS: {
        backends: { logger: { ENGINE: LOGGER, OPTIONS: { name: 'tracking', max_event_size: 50_000 } } },
        processors: [{ ENGINE: `${path}.LegacyFieldMappingProcessor` }, { ENGINE: `${path}.PrefixedEventProcessor` }],
      },
    },
    segmentio: {
      ENGINE: ROUTING,
      OPTIONS: {
        backends: { segment: { ENGINE: SEGMENT } },
        processors: [{ ENGINE: WHITELIST, OPTIONS: { whitelist: [] } }, { ENGINE: `${path}.GoogleAnalyticsProcessor` }],
      },
    },
  } as never;
}

describe.each(PATHS)('The common settings of the platform, with %s', (path) => {
  it('load as they stand, and write the log of the platform', async () => {
    const folder = new LogFolder();
    const settings = {
      ...{ EVENT_TRACKING_ENABLED: true, EVENT_TRACKING_PROCESSORS: [], EVENT_TRACKING_BACKENDS: common(path) },
      ...{ EVENT_TRACKING_SEGMENTIO_EMIT_WHITELIST: [], TRACKING_BACKENDS: {}, TRACK_MAX_EVENT: 50_000 },
    };
    const read = backendsFromSettings(
      JSON.stringify(settings),
      {},
      {
        logger: (name) => ({ path: folder.file(`${name}.log`) }),
        segment: { writeKey: 'k', host: 'http://127.0.0.1:9' },
      },
    );
    expect(read.backends['tracking_logs']?.node.processors).toMatchObject([
      { type: LegacyFieldMappingProcessor },
      { type: PrefixedEventProcessor },
    ]);
    expect(read.backends['segmentio']?.node.processors).toMatchObject([{}, { type: GoogleAnalyticsProcessor }]);
    const { app, tracker, ledger } = await startTracking(read);
    tracker.context({ event_source: 'mobile', username: 'ann' }, () => {
      tracker.emit('edx.video.seeked', { new_time: 3, seek_type: 'skip' });
    });
    tracker.emit('too large', { text: 'x'.repeat(50_000) });
    await app.close();
    expect(ledger.node('segmentio')?.dropped).toEqual({ filtered: 2 });
    expect(folder.events('tracking.log')).toEqual([
      expect.objectContaining({
        ...{ name: 'edx.video.position.changed', event_type: 'seek_video', event_source: 'mobile', username: 'ann' },
        event: { new_time: 3, type: 'onSkipSeek' },
      }),
    ]);
    expect(folder.text('tracking.log')).not.toContain('"data"');
  });

  it('load with the names and the key that a production adds', async () => {
    const sink = await HttpSink.listen();
    try {
      const branches = common(path);
      const segmentio = branches['segmentio']?.OPTIONS ?? { processors: [] };
      segmentio.processors[0] = {
        ENGINE: WHITELIST,
        OPTIONS: { whitelist: ['edx.course.enrollment.activated'] },
      } as never;
      const read = backendsFromSettings(
        { EVENT_TRACKING_BACKENDS: { segmentio: branches['segmentio'] } },
        {},
        { segment: { writeKey: 'k', host: sink.url } },
      );
      const { tracker } = await startTracking(read);
      tracker.context({ user_id: 4, course_id: 'course-v1:a+b+c' }, () => {
        for (const name of ['edx.course.enrollment.activated', 'play_video']) tracker.emit(name, { mode: 'audit' });
      });
      await tracker.flush();
      const { batch } = JSON.parse(sink.requests[0]?.text ?? '') as { batch: { event: string; properties: object }[] };
      expect(batch).toMatchObject([
        {
          event: 'edx.course.enrollment.activated',
          properties: { label: 'course-v1:a+b+c', nonInteraction: 1, data: { mode: 'audit' } },
        },
      ]);
    } finally {
      await sink.close();
    }
  });
});

it('A processor of the platform has no options', () => {
  for (const path of PATHS) {
    const processors = [{ ENGINE: `${path}.GoogleAnalyticsProcessor`, OPTIONS: { label: 'x' } }];
    expect(errorsOf(withBackends({ a: { ENGINE: ROUTING, OPTIONS: { processors } } }))).toMatchObject([
      { path: 'EVENT_TRACKING_BACKENDS.a.OPTIONS.processors[0].OPTIONS.label' },
    ]);
  }
});

describe('Old roots of the platform', () => {
  const SQL = 'track.backends.django.DjangoBackend';
  const roots = {
    logger: { ENGINE: LOGGER, OPTIONS: { name: 'tracking' } },
    sql: { ENGINE: SQL },
    mongo: { ENGINE: MONGO, OPTIONS: { host: '127.0.0.1', port: 9, database: 'edxapp', collection: 'events' } },
  };

  it('load, once the engine that the error names is pasted', () => {
    const [error, ...others] = errorsOf(withBackends(roots), mongooseEngines);
    expect(others).toEqual([]);
    expect(error).toEqual({
      path: 'EVENT_TRACKING_BACKENDS.sql.ENGINE',
      what: `no engine is known for "${SQL}".`,
      fix: `add its engine: backendsFromSettings(settings, { "${SQL}": MyClass })`,
    });
    const { backends } = backendsFromSettings(withBackends(roots), { ...mongooseEngines, [SQL]: MemoryBackend });
    expect(Object.keys(backends)).toEqual(['logger', 'sql', 'mongo']);
  });
});

describe('The settings of event-routing-backends', () => {
  const ROUTER = 'event_routing_backends.backends.async_events_router.AsyncEventsRouter';
  const XAPI = 'event_routing_backends.processors.xapi.transformer_processor.XApiProcessor';
  const CALIPER = 'event_routing_backends.processors.caliper.transformer_processor.CaliperProcessor';
  const ENVELOPE = 'event_routing_backends.processors.caliper.envelope_processor.CaliperEnvelopeProcessor';
  const names = ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated'];
  const filter = { ENGINE: REGEX, OPTIONS: { filter_type: 'allowlist', regular_expressions: names } };
  const router = (backend_name: string, processors: object[]): object => ({
    ENGINE: ROUTER,
    OPTIONS: { backend_name, processors },
  });
  const xapi = router('xapi', [{ ENGINE: XAPI, OPTIONS: {} }]);
  const caliper = router('caliper', [
    { ENGINE: CALIPER, OPTIONS: {} },
    { ENGINE: ENVELOPE, OPTIONS: { sensor_id: 'https://lms.example.org' } },
  ]);
  const settings = withBackends({
    event_transformer: {
      ENGINE: ASYNC,
      OPTIONS: { backend_name: 'event_transformer', processors: [filter], backends: { xapi, caliper } },
    },
  });

  it('name each engine that is missing once, whole', () => {
    expect(errorsOf(settings).map(({ what }) => what)).toEqual([
      `no engine is known for "${ROUTER}", here and in 1 other place.`,
      `no engine is known for "${XAPI}".`,
      `no engine is known for "${CALIPER}".`,
      `no engine is known for "${ENVELOPE}".`,
    ]);
  });

  it('load as they stand with engines for these', async () => {
    const engines: OpenEdxEngines = {
      [ROUTER]: () => backend(MemoryBackend),
      [XAPI]: () => (event) => ({ ...event, data: { verb: 'registered' } }),
      [CALIPER]: () => (event) => ({ ...event, data: { action: 'Activated' } }),
      [ENVELOPE]:
        ({ sensor_id }) =>
        (event) => ({ ...event, data: { sensor: sensor_id, data: [event.data] } }),
    };
    const read = backendsFromSettings(settings, engines);
    expect(read.backends['event_transformer']).toMatchObject({ type: AsyncRoutingBackend });
    const { tracker, events } = await startTracking(read);
    for (const name of [...names, 'play_video']) tracker.emit(name);
    await tracker.flush();
    expect(events('event_transformer/xapi').map(({ name, data }) => [name, data])).toEqual(
      names.map((name) => [name, { verb: 'registered' }]),
    );
    expect(events('event_transformer/caliper')[0]?.data).toEqual({
      sensor: 'https://lms.example.org',
      data: [{ action: 'Activated' }],
    });
  });

  it('load as they stand with a bus between', async () => {
    const bus = {
      SEND_TRACKING_EVENT_EMITTED_SIGNAL: false,
      EVENT_BUS_TRACKING_LOGS: names,
      ...withBackends({
        xapi: { ENGINE: EVENT_BUS, OPTIONS: { backend_name: 'xapi', processors: [filter], backends: { xapi } } },
      }),
    };
    const engines: OpenEdxEngines = { [ROUTER]: () => backend(MemoryBackend), [XAPI]: () => () => undefined };
    const { ledger, tracker } = await startTracking(backendsFromSettings(bus, engines));
    tracker.emit('play_video');
    expect(ledger.node('xapi')).toMatchObject({ received: 1, dropped: { filtered: 1 } });
  });
});

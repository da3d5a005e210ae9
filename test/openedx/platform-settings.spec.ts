/** Settings as platforms have them, each written here from what is known of the platform. */
import { mongooseEngines } from 'nestjs-event-tracking/mongoose';
import { MemoryBackend } from '../../src/entries';
import {
  backendsFromSettings,
  GoogleAnalyticsProcessor,
  LegacyFieldMappingProcessor,
  PrefixedEventProcessor,
} from '../../src/entries/openedx';
import { HttpSink } from '../support/http-sink';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';
import { errorsOf, LOGGER, ROUTING, WHITELIST, withBackends } from './support';

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

import { SegmentBackend } from 'nestjs-event-tracking/segment';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { HttpSink } from '../support/http-sink';
import { startTracking } from '../support/start-tracking';
import { errorsOf, REGEX, withBackends } from './support';

const SEGMENT = 'eventtracking.backends.segment.SegmentBackend';

describe('A SegmentBackend of the settings', () => {
  it('is given the write key of the third argument, and keeps its processors', async () => {
    const sink = await HttpSink.listen();
    try {
      const allowed = { ENGINE: REGEX, OPTIONS: { regular_expressions: ['edx\\.'] } };
      const settings = withBackends({ segmentio: { ENGINE: SEGMENT, OPTIONS: { processors: [allowed] } } });
      const read = backendsFromSettings(settings, {}, { segment: { writeKey: 'k', host: sink.url } });
      const { tracker } = await startTracking(read);
      expect(tracker.backend('segmentio')).toBeInstanceOf(SegmentBackend);
      tracker.context({ user_id: 1 }, () => {
        tracker.emit('edx.a');
        tracker.emit('internal');
      });
      await tracker.flush();
      const { batch } = JSON.parse(sink.requests[0]?.text ?? '') as { batch: { event: string }[] };
      expect(batch.map(({ event }) => event)).toEqual(['edx.a']);
      expect(sink.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('k:').toString('base64')}`);
    } finally {
      await sink.close();
    }
  });

  it('is a fault without a write key, and so is an option that nobody reads', () => {
    expect(errorsOf(withBackends({ s: { ENGINE: SEGMENT } }))).toMatchObject([
      { path: 'EVENT_TRACKING_BACKENDS.s.ENGINE', what: expect.stringContaining('needs a write key') },
    ]);
    const settings = withBackends({ s: { ENGINE: SEGMENT, OPTIONS: { write_key: 'k' } } });
    expect(errorsOf(settings, {}, { segment: { writeKey: 'k' } })).toMatchObject([
      { path: 'EVENT_TRACKING_BACKENDS.s.OPTIONS.write_key', what: expect.stringContaining('unknown') },
    ]);
  });

  it.each([[{ writeKey: '' }], [{ writeKey: 'k', host: 7 }], ['k'], [null]])('is not given %j', (segment) => {
    expect(errorsOf({ EVENT_TRACKING_ENABLED: false }, {}, { segment: segment as never })).toMatchObject([
      { path: 'options.segment' },
    ]);
  });
});

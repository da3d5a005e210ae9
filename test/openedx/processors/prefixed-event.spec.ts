import { LegacyFieldMappingProcessor, PrefixedEventProcessor } from '../../../src/entries/openedx';
import { backend, MemoryBackend, processor } from '../../../src/entries';
import { startTracking } from '../../support/start-tracking';

/** The event behind both processors, without the fields of the request. */
function prefixed(name: string, data: object, context: object = {}): Record<string, unknown> {
  const event = { name, timestamp: new Date(0), context: { ...context }, data: { ...data } };
  const mapped = new LegacyFieldMappingProcessor().process(event);
  const {
    name: newName,
    event_type,
    event: payload,
    page,
    context: rest,
  } = (mapped === null ? {} : { ...new PrefixedEventProcessor().process(mapped) }) as Record<string, unknown>;
  return { name: newName, event_type, event: payload, page, context: rest };
}

const browser = { event_source: 'browser' };

describe('PrefixedEventProcessor: navigation in a sequence', () => {
  const NEXT = 'edx.ui.lms.sequence.next_selected';
  const PREVIOUS = 'edx.ui.lms.sequence.previous_selected';

  it.each([
    ['edx.ui.lms.sequence.tab_selected', { current_tab: 2, target_tab: 5, tab_count: 6 }, 'seq_goto', 2, 5],
    [NEXT, { current_tab: 3, tab_count: 6 }, 'seq_next', 3, 4],
    [PREVIOUS, { current_tab: 3, tab_count: 6 }, 'seq_prev', 3, 2],
  ])('gives %s the fields of %s', (name, data, type, old, tab) => {
    expect(prefixed(name, data)).toMatchObject({ name, event_type: type, event: { ...data, old, new: tab } });
    expect(prefixed(name, data, browser)['event']).toMatch(
      new RegExp(`"old": ${String(old)}, "new": ${String(tab)}\\}$`),
    );
  });

  it.each([
    [NEXT, { current_tab: 6, tab_count: 6 }],
    [PREVIOUS, { current_tab: 1, tab_count: 6 }],
  ])('leaves %s as it is where it leaves the sequence', (name, data) => {
    expect(prefixed(name, data)).toMatchObject({ event_type: name, event: data });
    expect(prefixed(name, data)['event']).not.toHaveProperty('old');
  });

  it('leaves other names below the same prefix as they are', () => {
    expect(prefixed('edx.ui.lms.sequence.tab_selected.x', { current_tab: 1 })).toMatchObject({
      event_type: 'edx.ui.lms.sequence.tab_selected.x',
    });
  });
});

describe('PrefixedEventProcessor: video players', () => {
  it.each([
    ['edx.video.played', 'play_video'],
    ['edx.video.paused', 'pause_video'],
    ['edx.video.stopped', 'stop_video'],
    ['edx.video.loaded', 'load_video'],
    ['edx.video.position.changed', 'seek_video'],
    ['edx.video.transcript.shown', 'show_transcript'],
    ['edx.video.transcript.hidden', 'hide_transcript'],
    ['edx.video.language_menu.shown', 'video_show_cc_menu'],
    ['edx.video.language_menu.hidden', 'video_hide_cc_menu'],
  ])('gives %s the type %s', (name, type) => {
    expect(prefixed(name, { current_time: 4.5, code: 'html5' })).toEqual({
      ...{ name, event_type: type, page: null, context: {} },
      event: { code: 'html5', currentTime: 4.5 },
    });
  });

  it('renames edx.video.seeked, also without data', () => {
    expect(prefixed('edx.video.seeked', {})).toMatchObject({
      name: 'edx.video.position.changed',
      event_type: 'seek_video',
    });
  });

  it('leaves other events of the players as they are', () => {
    expect(prefixed('edx.video.speed.changed', { current_time: 1 })).toMatchObject({
      event_type: 'edx.video.speed.changed',
      event: { current_time: 1 },
    });
  });

  it('has the id of the block in place of its key, and no key that cannot be read', () => {
    const id = 'block-v1:Campus+BIO+1+type@video+block@9f';
    expect(prefixed('edx.video.played', { module_id: id, code: 'x' })['event']).toEqual({ code: 'x', id: '9f' });
    expect(prefixed('edx.video.played', { module_id: 'nothing', code: 'x' })['event']).toEqual({ code: 'x' });
  });

  it.each([
    [{ seek_type: 'slide' }, { type: 'onSlideSeek' }],
    [{ seek_type: 'skip' }, { type: 'onSkipSeek' }],
    [{ seek_type: 'other', n: 1 }, { n: 1 }],
    [
      { seek_type: 'skip', requested_skip_interval: 30 },
      { requested_skip_interval: 30, type: 'onSkipSeek' },
    ],
    [
      { seek_type: 'skip', requested_skip_interval: -30 },
      { requested_skip_interval: -30, type: 'onSkipSeek' },
    ],
    [
      { seek_type: 'skip', requested_skip_interval: 12 },
      { requested_skip_interval: 12, type: 'onSlideSeek' },
    ],
    [{ requested_skip_interval: 12 }, { requested_skip_interval: 12 }],
  ])('turns the seek %j into %j', (data, event) => {
    expect(prefixed('edx.video.position.changed', data)['event']).toEqual(event);
  });

  it('corrects the skip of one build of the iOS application', () => {
    const skip = { seek_type: 'skip', requested_skip_interval: 30 };
    const of = (application: unknown): unknown =>
      (prefixed('edx.video.position.changed', skip, { application })['event'] as { requested_skip_interval: unknown })
        .requested_skip_interval;
    expect(of({ name: 'edx.mobileapp.iOS', version: '1.0.02' })).toBe(-30);
    expect(of({ name: 'edx.mobileapp.iOS', version: '1.0.03' })).toBe(30);
    expect(of({ name: 'edx.mobileapp.android', version: '1.0.02' })).toBe(30);
    expect(of('edx.mobileapp.iOS')).toBe(30);
  });

  it('takes the page from the address of the browser', () => {
    const context = { open_in_browser_url: 'https://lms/courses/c/jump/9', course_id: 'c' };
    expect(prefixed('edx.video.played', { n: 1 }, context)).toMatchObject({
      page: 'https://lms/courses/c/jump',
      context: { course_id: 'c' },
    });
    expect(prefixed('edx.video.played', { n: 1 }, { open_in_browser_url: 'lms' })['page']).toBe('');
  });
});

describe('PrefixedEventProcessor: events that it cannot read', () => {
  it.each([
    ['edx.ui.lms.sequence.next_selected', { current_tab: 'a', tab_count: 2 }],
    ['edx.ui.lms.sequence.tab_selected', { current_tab: 1 }],
    ['edx.video.position.changed', { requested_skip_interval: 'secret' }],
  ])('pass unchanged and are counted: %s with %j', async (name, data) => {
    const shim = [processor(LegacyFieldMappingProcessor), processor(PrefixedEventProcessor)];
    const { tracker, last, ledger } = await startTracking({
      backends: { a: backend(MemoryBackend, {}, { processors: shim }) },
    });
    tracker.emit(name, data);
    expect(last('a')).toMatchObject({ event_type: name, event: data });
    expect(ledger.node('a')?.failures).toEqual({ 'backends.a.processors[1] (PrefixedEventProcessor)': 1 });
  });

  it('is told to come after the processor that makes the field', () => {
    const event = { name: 'edx.video.played', timestamp: new Date(0), context: {}, data: {} };
    expect(() => new PrefixedEventProcessor().process(event)).toThrow(
      'LegacyFieldMappingProcessor adds: list it first',
    );
  });
});

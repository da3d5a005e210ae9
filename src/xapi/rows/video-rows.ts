import type { XapiExpression, XapiRow, XapiVerbRow } from '../row';
import { ADL_VERBS, OPENEDX, VIDEO } from './iris';

const LENGTH = { [`${VIDEO}extensions/length`]: { fn: 'sec3', args: ['data.duration'] } } as const;
const TIME = `${VIDEO}extensions/time`;
/** Mobile applications write `current_time`. */
const CURRENT_TIME: XapiExpression = { fn: 'sec3', args: [{ first: ['data.current_time', 'data.currentTime'] }] };

const initialized = { id: `${ADL_VERBS}initialized`, display: 'initialized' };
const played = { id: `${VIDEO}verbs/played`, display: 'played' };
const paused = { id: `${VIDEO}verbs/paused`, display: 'paused' };
const seeked = { id: `${VIDEO}verbs/seeked`, display: 'seeked' };
const completed = { id: `${ADL_VERBS}completed`, display: 'completed' };
const terminated = { id: `${ADL_VERBS}terminated`, display: 'terminated' };
const interacted = { id: `${ADL_VERBS}interacted`, display: 'interacted' };

function video(verb: XapiVerbRow, result?: XapiRow['result']): XapiRow {
  return {
    verb,
    object: { id: { fn: 'videoIri' }, type: `${VIDEO}activity-type/video` },
    result,
    context: { extensions: LENGTH },
  };
}

const atTime = (verb: XapiVerbRow): XapiRow => video(verb, { extensions: { [TIME]: CURRENT_TIME } });

const captions = (isShown: boolean): XapiRow =>
  video(interacted, {
    extensions: { [TIME]: CURRENT_TIME, [`${VIDEO}extensions/cc-enabled`]: { const: isShown } },
  });

const loadedRow = video(initialized);
const playedRow = atTime(played);
const pausedRow = atTime(paused);
const stoppedRow = atTime(terminated);
const seekedRow = video(seeked, {
  extensions: {
    [`${VIDEO}extensions/time-from`]: { fn: 'sec3', args: ['data.old_time'] },
    [`${VIDEO}extensions/time-to`]: { fn: 'sec3', args: ['data.new_time'] },
  },
});
const completedRow = video(completed, {
  completion: { const: true },
  duration: { fn: 'isoDuration', args: ['data.duration'] },
  extensions: { [TIME]: { fn: 'sec3', args: ['data.duration'] } },
});
const speedRow = video(interacted, {
  extensions: {
    [`${OPENEDX}extension/speed-from`]: { join: ['data.old_speed', { const: 'x' }] },
    [`${OPENEDX}extension/speed-to`]: { join: ['data.new_speed', { const: 'x' }] },
  },
});
const shownRow = captions(true);
const hiddenRow = captions(false);

/** Events of the video player, in the names of browsers and of mobile applications. */
export const VIDEO_ROWS = {
  load_video: loadedRow,
  'edx.video.loaded': loadedRow,
  play_video: playedRow,
  'edx.video.played': playedRow,
  pause_video: pausedRow,
  'edx.video.paused': pausedRow,
  stop_video: stoppedRow,
  'edx.video.stopped': stoppedRow,
  complete_video: completedRow,
  'edx.video.completed': completedRow,
  seek_video: seekedRow,
  'edx.video.position.changed': seekedRow,
  speed_change_video: speedRow,
  show_transcript: shownRow,
  'edx.video.transcript.shown': shownRow,
  video_show_cc_menu: shownRow,
  'edx.video.closed_captions.shown': shownRow,
  hide_transcript: hiddenRow,
  'edx.video.transcript.hidden': hiddenRow,
  video_hide_cc_menu: hiddenRow,
  'edx.video.closed_captions.hidden': hiddenRow,
} as const satisfies Readonly<Record<string, XapiRow>>;

/**
 * Events of the video players of mobile applications, in the form of the player in the browser.
 */
import { setField } from '../../event/normal-form';
import { isFields } from '../../event/normalizer';
import type { EventFields } from '../../event/tracking-event';
import { contextOf, takenOut, type PlatformEvent } from './platform-event';
import { htmlId } from './usage-key';

/** Types in the log by the names of events. */
export const VIDEO_TYPES: ReadonlyMap<string, string> = new Map([
  ['edx.video.played', 'play_video'],
  ['edx.video.paused', 'pause_video'],
  ['edx.video.stopped', 'stop_video'],
  ['edx.video.loaded', 'load_video'],
  ['edx.video.position.changed', 'seek_video'],
  ['edx.video.seeked', 'seek_video'],
  ['edx.video.transcript.shown', 'show_transcript'],
  ['edx.video.transcript.hidden', 'hide_transcript'],
  ['edx.video.language_menu.shown', 'video_show_cc_menu'],
  ['edx.video.language_menu.hidden', 'video_hide_cc_menu'],
]);

const SEEK_TYPES: ReadonlyMap<unknown, string> = new Map([
  ['slide', 'onSlideSeek'],
  ['skip', 'onSkipSeek'],
]);
/** Seconds that the button of the players skips. */
const SKIP_S = 30;

/**
 * Changes an event of a video player.
 * @param event its fields may be changed, not their values
 * @param payload fields of `event.event`; may be changed
 * @throws TypeError for a field that is not of its type
 */
export function toLegacyVideo(event: PlatformEvent, payload: EventFields): void {
  if (event.name === 'edx.video.seeked') event.name = 'edx.video.position.changed';
  if (Object.keys(payload).length === 0) return;
  const id = htmlId(takenOut(payload, 'module_id', undefined));
  if (id !== undefined) payload['id'] = id;
  if (Object.hasOwn(payload, 'current_time')) payload['currentTime'] = takenOut(payload, 'current_time', undefined);
  const type = SEEK_TYPES.get(takenOut(payload, 'seek_type', undefined));
  if (type !== undefined) payload['type'] = type;
  tellSlideFromSkip(payload);
  usePageOfBrowser(event);
  if (
    isFromFaultyBuild(contextOf(event)) &&
    payload['requested_skip_interval'] === SKIP_S &&
    payload['type'] === 'onSkipSeek'
  )
    payload['requested_skip_interval'] = -SKIP_S;
}

/** One Android application reports every seek as a skip; only its button skips by 30 seconds. */
function tellSlideFromSkip(payload: EventFields): void {
  if (!Object.hasOwn(payload, 'requested_skip_interval')) return;
  const seconds = payload['requested_skip_interval'];
  if (typeof seconds !== 'number') throw new TypeError('its field "requested_skip_interval" is not a number');
  if (Math.abs(seconds) !== SKIP_S && Object.hasOwn(payload, 'type')) payload['type'] = 'onSlideSeek';
}

/** Takes the page from the address that opens the block in a browser, without its last segment. */
function usePageOfBrowser(event: PlatformEvent): void {
  if (!Object.hasOwn(contextOf(event), 'open_in_browser_url')) return;
  const context = { ...event.context };
  const url = takenOut(context, 'open_in_browser_url', undefined);
  if (typeof url !== 'string') throw new TypeError('"open_in_browser_url" in its context is not a string');
  event.context = context;
  setField(event, 'page', url.slice(0, Math.max(0, url.lastIndexOf('/'))));
}

/** One build of the iOS application reports +30 for its button that skips back. */
function isFromFaultyBuild({ application }: EventFields): boolean {
  return isFields(application) && application['version'] === '1.0.02' && application['name'] === 'edx.mobileapp.iOS';
}

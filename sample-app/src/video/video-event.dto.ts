import { BadRequestException } from '@nestjs/common';
import { fields, oneOf, seconds, text } from '../input/read';

/** A browser may be told to post anything; only these names get into the log. */
export const VIDEO_EVENT_NAMES = ['play_video', 'pause_video', 'seek_video', 'stop_video'] as const;

const SEEK_TYPES = ['onSlideSeek', 'onSkipSeek'] as const;
const MAX_EVENTS = 100;

export interface VideoEventDto {
  readonly name: (typeof VIDEO_EVENT_NAMES)[number];
  readonly course_id: string;
  readonly position:
    | { readonly currentTime: number }
    | { readonly old_time: number; readonly new_time: number; readonly type: (typeof SEEK_TYPES)[number] };
}

/** Takes one event or an array of 1 to 100; one bad event refuses the whole array, so the player can tell what was recorded. */
export function readVideoEvents(body: unknown): VideoEventDto[] {
  if (!Array.isArray(body)) return [readVideoEvent(body, 'the event', '')];
  if (body.length >= 1 && body.length <= MAX_EVENTS) {
    return body.map((item: unknown, index) => readVideoEvent(item, `[${index}]`, `[${index}].`));
  }
  throw new BadRequestException(`the array has ${body.length} events; send 1 to ${MAX_EVENTS} at once`);
}

function readVideoEvent(value: unknown, itself: string, within: string): VideoEventDto {
  const event = fields(value, itself);
  const name = oneOf(event.name, `${within}name`, VIDEO_EVENT_NAMES);
  const course_id = text(event.course_id, `${within}course_id`);
  if (name !== 'seek_video') {
    return { name, course_id, position: { currentTime: seconds(event.currentTime, `${within}currentTime`) } };
  }
  const position = {
    old_time: seconds(event.old_time, `${within}old_time`),
    new_time: seconds(event.new_time, `${within}new_time`),
    type: oneOf(event.type, `${within}type`, SEEK_TYPES),
  };
  return { name, course_id, position };
}

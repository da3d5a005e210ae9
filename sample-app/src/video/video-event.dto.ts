import { BadRequestException } from '@nestjs/common';
import { fields, oneOf, seconds, text } from '../input/read';

/**
 * Names that the browser may send. Other names are rejected, because a browser can send anything.
 */
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

/**
 * Reads one event or an array of 1 to 100 events. One invalid event rejects the whole array, so
 * that the player knows which events were recorded.
 */
export function readVideoEvents(body: unknown): VideoEventDto[] {
  if (!Array.isArray(body)) return [readVideoEvent(body, 'body', '')];
  if (body.length >= 1 && body.length <= MAX_EVENTS) {
    return body.map((item: unknown, index) => readVideoEvent(item, `[${index}]`, `[${index}].`));
  }
  throw new BadRequestException(`The array has ${body.length} events. Send 1 to ${MAX_EVENTS} events per request.`);
}

function readVideoEvent(value: unknown, where: string, prefix: string): VideoEventDto {
  const event = fields(value, where);
  const name = oneOf(event.name, `${prefix}name`, VIDEO_EVENT_NAMES);
  const course_id = text(event.course_id, `${prefix}course_id`);
  if (name !== 'seek_video') {
    return { name, course_id, position: { currentTime: seconds(event.currentTime, `${prefix}currentTime`) } };
  }
  const position = {
    old_time: seconds(event.old_time, `${prefix}old_time`),
    new_time: seconds(event.new_time, `${prefix}new_time`),
    type: oneOf(event.type, `${prefix}type`, SEEK_TYPES),
  };
  return { name, course_id, position };
}

import { Injectable } from '@nestjs/common';
import type { Envelope } from '../../event/envelope';
import { setField } from '../../event/normal-form';
import { isFields } from '../../event/normalizer';
import { referenceJson } from '../../event/reference-text';
import type { EventFields } from '../../event/tracking-event';
import { SharingProcessor } from '../../processors/sharing-processor';
import { shallowCopy, type PlatformEvent } from './platform-event';
import { sequenceChange } from './sequence-events';
import { VIDEO_TYPES, toLegacyVideo } from './video-events';

/**
 * Gives events of the video player and of the navigation in a sequence the `event_type` and the
 * fields that readers of the tracking log know, such as `play_video` and `seq_next`. Other events
 * stay as they are.
 *
 * Needs the field `event`, so place it after LegacyFieldMappingProcessor.
 */
@Injectable()
export class PrefixedEventProcessor extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication = false;

  /**
   * @throws TypeError if a field that the change needs is missing or is not of its type; the event
   *   then continues unchanged
   * @internal
   */
  processEnvelope(envelope: Envelope): Envelope {
    const { name } = envelope;
    const videoType = VIDEO_TYPES.get(name);
    const change = sequenceChange(name);
    if (videoType === undefined && change === undefined) return envelope;
    const event = shallowCopy(envelope.event);
    const payload = payloadOf(event);
    if (videoType !== undefined) {
      event['event_type'] = videoType;
      toLegacyVideo(event, payload);
    } else {
      const legacy = change?.(payload);
      if (legacy === undefined) return envelope;
      event['event_type'] = legacy.type;
      Object.assign(payload, { old: legacy.old, new: legacy.new });
    }
    // A browser's event is JSON text, and stays one.
    setField(event, 'event', typeof event['event'] === 'string' ? referenceJson(payload) : payload);
    return envelope.changed(event);
  }
}

/** Returns the fields of `event`, in a copy. */
function payloadOf(event: PlatformEvent): EventFields {
  const given = event['event'];
  if (given === undefined)
    throw new TypeError('the event has no field "event", which LegacyFieldMappingProcessor adds: list it first');
  const payload: unknown = typeof given === 'string' ? parsed(given) : given;
  if (!isFields(payload)) throw new TypeError('its field "event" has no fields');
  return { ...payload };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The error of JSON.parse quotes the text, which is the data of an event.
    throw new TypeError('its field "event" is a string that is not JSON');
  }
}

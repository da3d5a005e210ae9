import { Injectable } from '@nestjs/common';
import type { Envelope } from '../../event/envelope';
import { SharingProcessor } from '../../processors/sharing-processor';
import { contextOf, shallowCopy } from './platform-event';

/**
 * Adds the fields that Segment passes to Google Analytics: `label`, the course of the event if it
 * has one, and `nonInteraction`, which is 1. Use it before a SegmentBackend only.
 */
@Injectable()
export class GoogleAnalyticsProcessor extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication = false;

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope {
    const event = shallowCopy(envelope.event);
    const course: unknown = contextOf(event)['course_id'] ?? undefined;
    if (course !== undefined) event['label'] = course;
    event['nonInteraction'] = 1;
    return envelope.changed(event);
  }
}

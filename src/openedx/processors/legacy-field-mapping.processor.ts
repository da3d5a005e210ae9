import { Injectable } from '@nestjs/common';
import type { Envelope } from '../../event/envelope';
import { isFields } from '../../event/normalizer';
import { referenceJson } from '../../event/reference-text';
import { SharingProcessor } from '../../processors/sharing-processor';
import { rawTime } from '../../xapi/times';
import { contextOf, moveUp, shallowCopy, takenOut } from './platform-event';

/** Fields of a request, in the order in which they stand in a line. */
const REQUEST_FIELDS = ['username', 'session', 'ip', 'agent', 'host', 'referer', 'accept_language'];

/**
 * Gives events the fields of the platform's tracking log: `event`, `time`, `event_type`,
 * `event_source`, `page` and the fields of the request. `name`, `timestamp`, `context` and `data`
 * stay for the other backends. A LoggerBackend with `format: 'reference'` then writes the line of
 * the platform, which has neither `timestamp` nor `data` (decision 0350).
 *
 * Place it last among the processors of a node, before PrefixedEventProcessor.
 */
@Injectable()
export class LegacyFieldMappingProcessor extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication = false;

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope {
    const event = shallowCopy(envelope.event);
    const context = { ...contextOf(event) };
    const { data } = event;
    for (const field of REQUEST_FIELDS) moveUp(event, context, field, '');
    takenOut(context, 'client_id', undefined);
    const isFromBrowser = context['event_source'] === 'browser' && isFields(data);
    event['event'] = isFromBrowser ? referenceJson(data) : data;
    // An imported event has the text of its time, with microseconds, in `time` already.
    const isImported = typeof event['time'] === 'string' && rawTime(event) === event['time'];
    event['time'] = takenOut(context, 'timestamp', isImported ? event['time'] : event.timestamp);
    moveUp(event, context, 'event_type', event.name);
    moveUp(event, context, 'event_source', 'server');
    moveUp(event, context, 'page', null);
    // A context without fields stays as it is.
    if (isFields(event.context)) event.context = context;
    return envelope.changed(event);
  }
}

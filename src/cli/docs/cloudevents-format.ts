/**
 * Writes each event as a CloudEvent 1.0, in the JSON format (structured mode). On the bus all
 * events have one type from Open edX, which has the event in four strings. A consumer that forwards
 * events uses the other form, in which the type identifies the event.
 */
import { TRACKING_EVENT_TYPE, trackingLogOf } from '../../transports/bus/tracking-log';
import type { EventFields } from '../../event/tracking-event';
import { jsonText, schemaId } from './json-schema-format';
import type { PrintedCatalog, PrintedEvent } from './printed-catalog';
import type { PrintedFile } from './printed-files';

/** Default `source` of the producers. */
const SOURCE = 'nestjs-event-tracking';

export function cloudEventFiles({ events }: PrintedCatalog): readonly PrintedFile[] {
  return events.map((event) => ({ path: `${event.key}.cloudevent.json`, text: jsonText(cloudEvents(event)) }));
}

function cloudEvents(event: PrintedEvent): object {
  const { name, title, version, deprecated } = event.document;
  return {
    writtenBy: 'event-tracking catalog docs',
    event: name,
    ...(title !== null && { title }),
    version,
    ...(deprecated !== null && { deprecated }),
    pii: event.pii,
    onTheBus: onTheBus(event),
    byItself: byItself(event),
  };
}

/**
 * Returns the event as EventBusBackend sends it, except the encoding: on the bus, `data` is Avro.
 */
function onTheBus({ examples: [{ event }] }: PrintedEvent): object {
  const { id, name, timestamp, context, data } = event;
  const log = trackingLogOf({
    id,
    name,
    timestamp: new Date(timestamp),
    context: context as EventFields,
    data: data as EventFields,
  });
  return {
    ...{ specversion: '1.0', id, source: SOURCE, type: TRACKING_EVENT_TYPE, time: log.timestamp },
    ...{ datacontenttype: 'application/json', minorversion: '0', sourcehost: 'host.example.com', sourcelib: '11.2.0' },
    data: { tracking_log: log },
  };
}

/**
 * Returns the event in the form for forwarding. `data` is the logged event, and `dataschema` is the
 * id of the schema that `--format json-schema` writes.
 */
function byItself(printed: PrintedEvent): object {
  const [{ event }] = printed.examples;
  return {
    ...{ specversion: '1.0', id: event.id, source: SOURCE, type: event.name, time: event.timestamp },
    ...{ datacontenttype: 'application/json', dataschema: schemaId(printed), data: event },
  };
}

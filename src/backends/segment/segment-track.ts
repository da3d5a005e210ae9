/**
 * Maps an event to a `track` call, like the reference's Segment backend.
 *
 * Segment answers 200 to an event that it does not accept, and drops it. Events that it is
 * documented to drop are therefore never sent:
 * https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api,
 * section "Errors". No other event is refused here.
 */
import { createHash } from 'node:crypto';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import type { SegmentTrack } from './segment-client';

/**
 * Limit of an id ("Deduplication"): ids are shorter than this. Longer ids would not be recognized
 * when an event is sent again.
 */
const MAX_ID_LENGTH = 100;

/**
 * True if the event has a user id that Segment accepts. An empty string is not accepted
 * ("Identifier is not present"; the client of the reference fails for it). 0 and false are sent as
 * strings.
 */
export function hasUser({ context }: IdentifiedEvent): boolean {
  return isIdentifier(context['user_id']);
}

/** True if the event has a name ("Track event is missing name"). A processor can remove it. */
export function hasName({ name }: IdentifiedEvent): boolean {
  return isFilledText(name);
}

export function segmentTrack(event: IdentifiedEvent, anonymousId: string | undefined): SegmentTrack {
  const { id, ...properties } = event;
  const { name, timestamp, context } = event;
  const user = context['user_id'];
  return {
    ...(isIdentifier(user) && { userId: asText(user) }),
    ...(anonymousId !== undefined && { anonymousId }),
    event: name,
    properties,
    context: segmentContext(context),
    timestamp,
    messageId: id.length < MAX_ID_LENGTH ? id : createHash('sha256').update(id).digest('hex'),
  };
}

function segmentContext(context: EventFields): EventFields {
  const page = present({ path: context['path'], referrer: context['referer'], url: pageUrl(context) });
  return {
    ...(isThere(context['client_id']) && { 'Google Analytics': { clientId: context['client_id'] } }),
    ...present({ ip: context['ip'], userAgent: context['agent'] }),
    ...(Object.keys(page).length > 0 && { page }),
  };
}

/**
 * Returns `page`, or a URL made of `protocol`, `host` and `path`. A host or path that is not a
 * string makes no URL (docs/decisions/0044). Without a protocol, it is https (0375).
 */
function pageUrl({ page, protocol, host, path }: EventFields): unknown {
  if (isTruthy(page) || !isFilledText(host) || !isFilledText(path)) return page;
  return `${protocol === 'http' ? 'http' : 'https'}://${host}${path.startsWith('/') ? '' : '/'}${path}`;
}

function present(fields: EventFields): EventFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isThere(value)));
}

function isIdentifier(value: unknown): boolean {
  return isThere(value) && value !== '';
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Truth value as in Python: an empty list or mapping is false. */
function isTruthy(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0 || value instanceof Date
    : Boolean(value);
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Converts an id to a string, because Segment's ids are strings. */
function asText(value: unknown): string {
  const form = value instanceof Date ? value.toJSON() : value;
  return typeof form === 'string' ? form : JSON.stringify(form);
}

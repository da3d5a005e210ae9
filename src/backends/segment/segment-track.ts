/** How an event becomes a call of `track`: the mapping of the reference's Segment backend. */
import type { EventFields, StoredEvent } from '../../event/tracking-event';
import type { SegmentTrack } from './segment-client';

/** Whether an event has a user; 0 and '' are users, as in the reference. */
export function hasUser({ context }: StoredEvent): boolean {
  return isThere(context['user_id']);
}

export function segmentTrack(event: StoredEvent, anonymousId: string | undefined): SegmentTrack {
  const { id: messageId, ...properties } = event;
  const { name, timestamp, context } = event;
  const user = context['user_id'];
  return {
    ...(isThere(user) && { userId: asText(user) }),
    ...(anonymousId !== undefined && { anonymousId }),
    event: name,
    properties,
    context: segmentContext(context),
    timestamp,
    messageId,
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

/** `page`, or an address made of `host` and `path`, which stays as it is: what is no text makes none (docs/decisions/0044). */
function pageUrl({ page, host, path }: EventFields): unknown {
  if (isTruthy(page) || !isFilledText(host) || !isFilledText(path)) return page;
  return `https://${host}${path.startsWith('/') ? '' : '/'}${path}`;
}

function present(fields: EventFields): EventFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isThere(value)));
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** As Python sees it: an empty list or mapping is not. */
function isTruthy(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0 || value instanceof Date
    : Boolean(value);
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Segment's ids are text. */
function asText(value: unknown): string {
  const form = value instanceof Date ? value.toJSON() : value;
  return typeof form === 'string' ? form : JSON.stringify(form);
}

/**
 * Sends events to the HTTP tracking API within its limits: at most 500 kB and 2,500 events per
 * request, and 32 kB per event. The API answers 200 to almost everything and silently drops events
 * beyond these limits. So they are enforced here: an event that is too large is rejected by its
 * index, and the others go in as many requests as needed.
 * https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api,
 * sections "Batch" and "Errors"
 */
import { SendFailedException, type EventRejection } from '../../delivery/destination';
import { basicAuthorization, HttpClient, type HttpClientOptions } from '../http/http-client';
import type { SegmentTrack } from './segment-client';

const MAX_BATCH_BYTES = 500_000;
const MAX_BATCH_EVENTS = 2500;
/** Limit of an event, counted like Segment's own clients do. */
const MAX_EVENT_BYTES = 32_768;
/** Size of the parts around the items: the keys, `sentAt`, brackets. */
const FRAME_BYTES = 64;

/** One event in serialized form. `index` is the index of the event in the batch of the delivery. */
interface Item {
  readonly index: number;
  readonly text: string;
}

export class SegmentWire {
  private readonly client: HttpClient;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    writeKey: string,
    host: string | URL,
    connection: Pick<HttpClientOptions, 'gzip' | 'keepAlive' | 'agent'>,
  ) {
    const base = new URL(host);
    base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/batch`;
    this.client = new HttpClient({ ...connection, url: base, method: 'POST', acceptsHtml: false });
    this.headers = { 'content-type': 'application/json', authorization: basicAuthorization(`${writeKey}:`) };
  }

  /**
   * @param tracks the calls by the index of their event in the batch; refused events are missing
   */
  async send(tracks: ReadonlyMap<number, SegmentTrack>, signal: AbortSignal): Promise<readonly EventRejection[]> {
    const { requests, tooLarge } = packed(tracks);
    const rejections: EventRejection[] = tooLarge.map((index) => ({ index, reason: 'too-large', retryable: false }));
    for (const [at, items] of requests.entries()) {
      try {
        await this.post(items, signal);
      } catch (error) {
        // The first failure applies to all following requests: after a 429, for example, none of
        // them should be tried.
        const left = requests.slice(at).flat();
        return [...rejections, ...unsent(left, error, at > 0)];
      }
    }
    return rejections;
  }

  close(): void {
    this.client.close();
  }

  private async post(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const sentAt = new Date().toISOString();
    const body = `{"batch":[${items.map(({ text }) => text).join(',')}],"sentAt":"${sentAt}"}`;
    await this.client.send({ body, headers: this.headers, readsReply: false }, signal);
  }
}

/**
 * Rejects the unsent events.
 * @throws the error if nothing was accepted, or if the delivery has to find the event that caused
 *   it
 */
function unsent(items: readonly Item[], error: unknown, isPartTaken: boolean): readonly EventRejection[] {
  if (!(error instanceof SendFailedException) || !isPartTaken || !error.retryable) throw error;
  const { message: reason, retryable, retryAfterMs } = error;
  return items.map(({ index }) => ({ index, reason, retryable, retryAfterMs }));
}

function packed(tracks: ReadonlyMap<number, SegmentTrack>): { requests: Item[][]; tooLarge: number[] } {
  const requests: Item[][] = [];
  const tooLarge: number[] = [];
  let room = 0;
  for (const [index, track] of tracks) {
    const text = JSON.stringify({ type: 'track', ...track });
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_EVENT_BYTES) {
      tooLarge.push(index);
      continue;
    }
    if (bytes + 1 > room || requests.at(-1)?.length === MAX_BATCH_EVENTS) {
      requests.push([]);
      room = MAX_BATCH_BYTES - FRAME_BYTES;
    }
    requests.at(-1)?.push({ index, text });
    room -= bytes + 1; // 1 for the comma
  }
  return { requests, tooLarge };
}

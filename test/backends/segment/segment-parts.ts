import { SegmentBackend, type SegmentBackendOptions, type SegmentTrack } from '../../../src/entries/segment';
import { HttpSink } from '../../support/http-sink';

export const WRITE_KEY = 'w-k3y';
export const NEVER: AbortSignal = new AbortController().signal;
const AUTHORIZATION = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;

export let sink: HttpSink;
export const opened: { close: () => unknown }[] = [];
beforeEach(async () => {
  sink = await HttpSink.listen({
    objection: ({ method, path, headers }) => {
      if (method !== 'POST' || path !== '/v1/batch') return `not the API's address`;
      const isOurs = headers['user-agent'] === 'nestjs-event-tracking'; // analytics-node has its key in the body
      if (isOurs && headers.authorization !== AUTHORIZATION) return `authorization is ${String(headers.authorization)}`;
      return headers['content-type']?.startsWith('application/json') ? undefined : 'the body should be JSON';
    },
  });
  opened.push(sink);
});
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

export function backendOf(options: Partial<SegmentBackendOptions> = {}): SegmentBackend {
  const backend = new SegmentBackend({ writeKey: WRITE_KEY, host: sink.url, ...options });
  opened.push({ close: () => backend.onApplicationShutdown() });
  return backend;
}

/** A body of the tracking API, as the last request had it. */
export function lastBody(): { batch: (SegmentTrack & { type: string })[]; sentAt: string } {
  return JSON.parse(sink.requests.at(-1)?.text ?? '') as ReturnType<typeof lastBody>;
}

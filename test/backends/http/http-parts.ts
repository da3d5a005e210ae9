import { HttpBackend } from '../../../src/backends/http/http.backend';
import type { HttpBackendOptions } from '../../../src/backends/http/http-options';
import { SendFailedException } from '../../../src/delivery/destination';
import { deliveredEvents, outcomeOf } from '../../support/delivered-events';
import { HttpSink, type SinkOptions } from '../../support/http-sink';

export const SECRET = 'v3ry-s3cret';
export const NEVER: AbortSignal = new AbortController().signal;

export let sink: HttpSink;
export const opened: { close: () => unknown }[] = [];
export async function listen(options: SinkOptions = {}): Promise<HttpSink> {
  sink = await HttpSink.listen(options);
  opened.push(sink);
  return sink;
}
export function backendOf(options: Partial<HttpBackendOptions> = {}): HttpBackend {
  const backend = new HttpBackend({ url: `${sink.url}/events`, ...options });
  opened.push({ close: () => backend.onApplicationShutdown() });
  return backend;
}
beforeEach(() => listen());
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

export async function failureOf(
  backend: HttpBackend,
  events = deliveredEvents(3),
  signal: AbortSignal = NEVER,
): Promise<SendFailedException> {
  const outcome = await outcomeOf(backend.sendBatch(events, signal));
  if (outcome instanceof SendFailedException) return outcome;
  throw new Error(`no SendFailedException but ${String(outcome)}`);
}

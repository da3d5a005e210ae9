import { StreamableFile, type HttpServer } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { ApiError } from './api';

/** Policy of the page, which needs nothing from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Headers of every answer that has none of its own, as with helmet. */
const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
};

export interface Reply {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/**
 * Answers a request on any adapter. The body is sent as it is: an interceptor of the application
 * that changes results does not apply, since the page could not read the result.
 */
export function send(adapter: HttpServer, response: unknown, { status = 200, headers, body }: Reply): void {
  for (const [name, value] of Object.entries(SECURITY))
    if (!hasHeader(response, name)) adapter.setHeader(response, name, value);
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
  // Express would write a Buffer as JSON.
  adapter.reply(response, typeof body === 'string' ? body : new StreamableFile(body, { length: body.length }), status);
}

/** True if the application has set the header, on the reply of Fastify or the response of Node. */
function hasHeader(response: unknown, name: string): boolean {
  const reply = response as { getHeader?: (name: string) => unknown; readonly raw?: ServerResponse };
  return reply.getHeader?.(name) !== undefined || reply.raw?.getHeader(name) !== undefined;
}

/** JSON that no cache may keep. */
export function json(value: unknown, status = 200): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify(value),
  };
}

export function failure(statusCode: number, message: string, fix: string): Reply {
  return json({ statusCode, message, fix } satisfies ApiError, statusCode);
}

/**
 * Takes the response out of the adapter's hands, to stream to it.
 * @returns the response of Node
 */
export function rawResponse(response: unknown): ServerResponse {
  const reply = response as { raw?: ServerResponse; hijack?: () => void };
  if (reply.raw === undefined || reply.hijack === undefined) return response as ServerResponse;
  reply.hijack();
  return reply.raw;
}

/** Begins a text/event-stream. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, {
    ...SECURITY,
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    // nginx would collect the stream otherwise.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
}

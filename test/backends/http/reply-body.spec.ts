import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import {
  decodedText,
  isHtmlPage,
  MAX_REPLY_BYTES,
  readReply,
  type Answer,
} from '../../../src/backends/http/reply-body';

/** A reply whose body the test writes. */
function replyOf(headers: IncomingHttpHeaders = {}): PassThrough & { complete: boolean } {
  return Object.assign(new PassThrough(), { statusCode: 200, headers, complete: true });
}

function read(response: PassThrough, keepsBody: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    readReply(response as unknown as IncomingMessage, keepsBody, resolve);
  });
}

describe('readReply', () => {
  it.each([
    ['that the caller asked for', true, {}, 'text'],
    ['that may be a page', false, { 'content-type': 'text/html; charset=utf-8' }, 'text'],
    ['that nothing reads', false, { 'content-type': 'text/plain' }, ''],
  ])('keeps only a body %s', async (_what, keepsBody, headers, expected) => {
    const response = replyOf(headers);
    response.end('text');
    const answer = await read(response, keepsBody);
    expect(answer).toMatchObject({ status: 200, headers, cut: undefined });
    expect(answer.body.toString()).toBe(expected);
  });

  it('knows a reply that broke off', async () => {
    const response = replyOf();
    response.complete = false;
    const answer = read(response, true);
    response.write('te');
    response.destroy(new Error('reset'));
    expect(await answer).toMatchObject({ cut: 'broken' });
  });

  it('stops a reply that is too long, and accepts one of the exact limit', async () => {
    const exact = replyOf();
    exact.end(Buffer.alloc(MAX_REPLY_BYTES));
    expect((await read(exact, false)).cut).toBeUndefined();
    const response = replyOf();
    const answer = read(response, false);
    response.write(Buffer.alloc(MAX_REPLY_BYTES + 1));
    expect((await answer).cut).toBe('too-long');
    expect(response.destroyed).toBe(true);
  });
});

describe('decodedText', () => {
  const decode = (coding: string | undefined, body: Buffer): Promise<string> =>
    decodedText({ status: 200, headers: { 'content-encoding': coding }, body, cut: undefined });
  const text = Buffer.from('héllo');

  it.each([
    [undefined, text],
    ['identity', text],
    ['gzip', gzipSync(text)],
    ['X-GZIP', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    [' gzip , identity, br', brotliCompressSync(gzipSync(text))],
  ])('decodes %s', async (coding, body) => {
    await expect(decode(coding, body)).resolves.toBe('héllo');
  });

  it('is empty for an empty body, whatever its coding', async () => {
    await expect(decode('unknown', Buffer.alloc(0))).resolves.toBe('');
  });

  it.each([
    ['an unknown content coding', 'zstd', text],
    ['too many content codings', 'gzip, gzip, gzip, gzip', text],
    ['cannot be decompressed', 'gzip', text],
    [`more than ${String(MAX_REPLY_BYTES)} bytes`, 'gzip', gzipSync(Buffer.alloc(MAX_REPLY_BYTES + 1))],
  ])('throws an UnreadableReply: %s', async (message, coding, body) => {
    await expect(decode(coding, body)).rejects.toThrow(message);
  });
});

describe('isHtmlPage', () => {
  it.each([
    ['text/html', '<p>', true],
    ['TEXT/HTML; charset=utf-8', ' \uFEFF\n<!doctype html>', true],
    ['application/xhtml+xml', '<html>', true],
    ['text/html', 'ok', false],
    ['text/htmlx', '<p>', false],
    ['application/json', '<p>', false],
  ])('of type %s with %j is %s', (type, text, expected) => {
    expect(isHtmlPage({ 'content-type': type }, text)).toBe(expected);
    expect(isHtmlPage({}, text)).toBe(false);
  });
});

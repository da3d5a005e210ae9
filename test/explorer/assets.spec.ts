import { gunzipSync } from 'node:zlib';
import type { NextFunction, Request, Response } from 'express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { INestApplication } from '@nestjs/common';
import { BuiltPage } from './build-page';
import { rawRequest } from './raw-request';
import { ADAPTERS, startExplorer, type AdapterName, type ExplorerTest } from './start-explorer';

const built = new BuiltPage();

beforeAll(() => built.build(), 60_000);
afterAll(() => {
  built.remove();
});

const start = (test: ExplorerTest = {}) => startExplorer({ assets: built.folder, ...test });

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Requests without unpacking the answer or following it. */
async function fetchRaw(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await rawRequest(url, { headers });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

/** A policy as helmet sets it, before any route. */
function setPolicy(app: INestApplication): void {
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Content-Security-Policy', "default-src 'self'");
    next();
  });
}

describe.each(Object.keys(ADAPTERS) as AdapterName[])('The files of the page on %s', (adapter) => {
  it('are all served under their hashed names, compressed for those who accept it, and kept for ever', async () => {
    const { url } = await start({ adapter });
    for (const { name, type, bytes, gzipBytes } of built.manifest().files) {
      const zipped = await fetchRaw(`${url}/assets/${name}`, { 'accept-encoding': 'br, gzip;q=0.8' });
      expect(zipped).toMatchObject({ status: 200, headers: { 'content-type': type, 'content-encoding': 'gzip' } });
      expect(zipped.headers['cache-control']).toBe('private, max-age=31536000, immutable');
      expect(zipped.headers['vary']).toMatch(/accept-encoding/i);
      expect(zipped.body.length).toBe(gzipBytes);
      for (const none of [undefined, 'identity', 'gzip;q=0']) {
        const plain = await fetchRaw(`${url}/assets/${name}`, none === undefined ? {} : { 'accept-encoding': none });
        expect(plain.headers['content-encoding']).toBeUndefined();
        expect(plain.body.equals(gunzipSync(zipped.body))).toBe(true);
        expect(plain.body.length).toBe(bytes);
      }
      for (const tag of [zipped.headers['etag'], `"other", W/${String(zipped.headers['etag'])}`, '*']) {
        const unchanged = await fetchRaw(`${url}/assets/${name}`, { 'if-none-match': String(tag) });
        expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
      }
      expect((await fetchRaw(`${url}/assets/${name}`, { 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  it('are nothing else than the files of the build', async () => {
    const { url } = await start({ adapter });
    for (const name of ['manifest.json', 'page.js', '..%2fmanifest.json', '%2e%2e%2f%2e%2e%2fpackage.json', 'a%00b']) {
      const { status, body } = await fetchRaw(`${url}/assets/${name}`);
      expect([name, [400, 404].includes(status ?? 0)]).toEqual([name, true]);
      expect(body.toString()).not.toContain('nestjs');
    }
  });

  it('begin with a page that no cache keeps, below a redirect that is relative', async () => {
    const { url } = await start({ adapter });
    const below = await fetchRaw(`${url}?from=menu`);
    expect(below).toMatchObject({ status: 302, headers: { location: 'tracking/', 'cache-control': 'no-store' } });
    const page = await fetchRaw(`${url}/`);
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body.toString()).toBe(built.manifest().html);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  });

  it('leave the policy of the application as it is', async () => {
    const { url } = await start({ adapter, prepare: setPolicy });
    for (const path of ['/', '/api/info']) {
      const { headers } = await fetchRaw(`${url}${path}`);
      expect(headers['content-security-policy']).toBe("default-src 'self'");
    }
  });

  it('are named by an error that says what to do if the build is missing', async () => {
    const { url } = await startExplorer({ adapter, assets: `${built.folder}/missing` });
    for (const path of ['/', '/assets/page.js']) {
      const { status, body } = await fetchRaw(`${url}${path}`);
      expect(status).toBe(500);
      expect(JSON.parse(body.toString())).toMatchObject({
        message: 'The files of the page cannot be read.',
        fix: expect.stringContaining('Install nestjs-event-tracking again') as string,
      });
    }
  });
});

it('The page is found on a Fastify that ignores slashes at the end', async () => {
  const adapter = new FastifyAdapter({ routerOptions: { ignoreTrailingSlash: true } });
  const { url } = await start({ adapter });
  expect(await fetchRaw(url)).toMatchObject({ status: 302, headers: { location: 'tracking/' } });
  expect((await fetchRaw(`${url}/`)).body.toString()).toBe(built.manifest().html);
});

import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { RequestMethod, VersioningType, type CanActivate, type INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { backend } from '../../src/entries';
import type { EventPage, StreamMessage } from '../../src/explorer/api';
import { DeadLettersController } from '../../src/explorer/dead-letters.controller';
import { Explorer } from '../../src/explorer/explorer';
import { ExplorerApiController } from '../../src/explorer/explorer-api.controller';
import { ExplorerPageController } from '../../src/explorer/explorer-page.controller';
import { openApiDocument } from '../../src/explorer/open-api';
import { heapUsed } from '../support/heap-used';
import { until } from '../support/until';
import { BuiltPage } from './build-page';
import { rawRequest } from './raw-request';
import { ADAPTERS, readStream, startExplorer, type AdapterName, type ExplorerRun } from './start-explorer';

const built = new BuiltPage();

beforeAll(() => built.build(), 60_000);
afterAll(() => {
  built.remove();
});

class DenyingGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class AllowingGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Takes every event, and keeps none. */
class Discarding {
  send(): void {}
}

/** Every route that the controllers declare. */
function declaredRoutes(): { readonly method: string; readonly path: string }[] {
  return [ExplorerPageController, ExplorerApiController, DeadLettersController].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = (prototype as unknown as Record<string, object>)[name];
      const path = (handler && Reflect.getMetadata(PATH_METADATA, handler)) as string | undefined;
      if (path === undefined) return [];
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler!) as RequestMethod];
      return [{ method, path: path.replace(/^\/*/, '/') }];
    }),
  );
}

/** Every route, and every file of the page. */
function requests(): [method: string, path: string][] {
  const routes = declaredRoutes().filter(({ path }) => !path.includes(':file'));
  return [
    ['GET', ''],
    ...routes.map(({ method, path }): [string, string] => [method, path.replace(':id', 'x')]),
    ...built.manifest().files.map(({ name }): [string, string] => ['GET', `/assets/${name}`]),
  ];
}

const answersOf = (url: string): Promise<(readonly [string, string, number])[]> =>
  Promise.all(
    requests().map(async ([method, path]) => {
      const headers = { 'x-tracking-explorer': '1' };
      const response = await rawRequest(`${url}${path}`, { method, headers });
      response.destroy();
      return [method, path, response.statusCode ?? 0] as const;
    }),
  );

/**
 * Opens a stream by hand and reads nothing more of it once it has begun. More waits for the reader
 * than the buffers of both ends hold.
 * @returns the server's end
 */
async function openStuck({ app, url }: ExplorerRun): Promise<Socket> {
  const accepted = once(app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
  const { port, pathname, host } = new URL(`${url}/api/stream`);
  const reader = connect({ port: Number(port), host: '127.0.0.1' });
  reader.on('error', () => undefined);
  reader.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await once(reader, 'readable');
  const [server] = await accepted;
  server.write(Buffer.alloc(40_000_000));
  return server;
}

it('The OpenAPI document describes every route of the API', () => {
  const { paths } = openApiDocument('1') as { readonly paths: object };
  const declared = declaredRoutes().flatMap(({ path }) =>
    path.startsWith('/api/') && !path.endsWith('.json') ? [path.replace(':id', '{id}')] : [],
  );
  expect(Object.keys(paths).sort()).toEqual(declared.sort());
});

describe.each(Object.keys(ADAPTERS) as AdapterName[])('The explorer on %s', (adapter) => {
  const start = (test: Parameters<typeof startExplorer>[0] = {}) =>
    startExplorer({ adapter, assets: built.folder, ...test });

  const expectDenied = async (run: ExplorerRun): Promise<void> => {
    const answers = await answersOf(run.url);
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter(([, , status]) => status !== 403)).toEqual([]);
    expect(run.app.get(Explorer).feed.watching).toBe(0);
  };

  it('denies every route, file and stream that a guard of the module denies', async () => {
    await expectDenied(await start({ explorer: { guards: [DenyingGuard] } }));
    await expectDenied(await start({ explorer: { guards: [new AllowingGuard(), new DenyingGuard()] } }));
  });

  it('denies every route, file and stream that a global guard denies', async () => {
    const explorer = { guards: [AllowingGuard] };
    await expectDenied(
      await start({ explorer, module: { providers: [{ provide: APP_GUARD, useClass: DenyingGuard }] } }),
    );
    await expectDenied(
      await start({
        explorer,
        path: 'v9/tracking',
        prepare: (app: INestApplication) => {
          app.setGlobalPrefix('v9').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
          app.useGlobalGuards(new DenyingGuard());
        },
      }),
    );
  });

  it('answers every route that no guard denies', async () => {
    const run = await start({ explorer: { guards: [AllowingGuard] } });
    const answers = await answersOf(run.url);
    expect(answers.filter(([, , status]) => [401, 403, 405].includes(status) || status >= 500)).toEqual([]);
  });

  it('serves fifty open pages, and forgets each when it leaves', async () => {
    const run = await start();
    const { feed } = run.app.get(Explorer);
    const isThird = (message: StreamMessage): boolean =>
      message.type === 'rows' && message.rows.some(({ name }) => name === 'e3');
    let open = 0;
    const onOpen = (): void => {
      open++;
    };
    const pages = Array.from({ length: 50 }, () => readStream(`${run.url}/api/stream`, isThird, onOpen));
    await until(() => open === 50);
    for (const name of ['e1', 'e2', 'e3']) run.tracker.emit(name);
    for (const messages of await Promise.all(pages)) {
      const rows = messages.flatMap((message) => (message.type === 'rows' ? message.rows : []));
      expect(rows.map(({ name }) => name)).toEqual(['e1', 'e2', 'e3']);
    }
    await until(() => feed.watching === 0);
  });

  it('closes within a second while pages are open, even if one of them reads nothing', async () => {
    const run = await start();
    await openStuck(run);
    const reading = await Promise.all(Array.from({ length: 5 }, () => rawRequest(`${run.url}/api/stream`)));
    const ends = reading.map((response) => once(response.resume(), 'end'));
    expect(run.app.get(Explorer).feed.watching).toBe(6);
    const started = performance.now();
    await run.app.close();
    expect(performance.now() - started).toBeLessThan(3000);
    await Promise.all(ends);
  });

  it('holds a bounded part of 500 events of 1 MB', async () => {
    const { get, tracker } = await start({
      tracking: { limits: { maxTextLength: 2_000_000 }, backends: { none: backend(Discarding) } },
      explorer: { maxBytes: 8_000_000 },
    });
    const before = heapUsed();
    for (let at = 0; at < 500; at++) tracker.emit('large', { text: `${String(at)}${'x'.repeat(1_000_000)}` });
    expect(heapUsed() - before).toBeLessThan(24_000_000);
    const { kept, evicted, rows } = await get<EventPage>('api/events');
    expect([kept + evicted, rows[0]?.bytes]).toEqual([500, rows[0]?.bytes]);
    expect(kept).toBeLessThan(9);
    expect(heapUsed() - before).toBeLessThan(24_000_000);
  });
});

it('A page that reads nothing is dropped after a while, holds little, and emit notices nothing', async () => {
  const run = await startExplorer({ tracking: { backends: { none: backend(Discarding) } } });
  const { feed } = run.app.get(Explorer);
  const server = await openStuck(run);
  const before = server.writableLength;
  const started = performance.now();
  let slowest = 0;
  let emits = 0;
  await until(
    () => {
      const at = performance.now();
      for (let each = 0; each < 50; each++) run.tracker.emit(`event.${'x'.repeat(900)}`, { each });
      emits += 50;
      slowest = Math.max(slowest, performance.now() - at);
      expect(server.writableLength - before).toBeLessThan(1_500_000);
      return feed.watching === 0;
    },
    () => feed.watching,
    30_000,
  );
  expect(performance.now() - started).toBeGreaterThan(10_000);
  expect(server.destroyed).toBe(true);
  expect(emits).toBeGreaterThan(1000);
  // Fifty events, with all that else runs on the machine.
  expect(slowest).toBeLessThan(2000);
}, 60_000);

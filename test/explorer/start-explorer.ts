import type { AddressInfo } from 'node:net';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingModule,
  type IdentifiedEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { TrackingExplorerModule, type ExplorerModuleOptions } from '../../src/entries/explorer';
import { Assets } from '../../src/explorer/assets';
import type { StreamMessage } from '../../src/explorer/api';
import { closeLater } from '../support/start-tracking';
import { rawRequest } from './raw-request';

export const ADAPTERS = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };
export type AdapterName = keyof typeof ADAPTERS;

export interface ExplorerRun {
  readonly app: INestApplication;
  readonly url: string;
  readonly tracker: TrackerService;
  /** Requests a path below the explorer and reads JSON. */
  readonly get: <Body>(path: string) => Promise<Body>;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

export interface ExplorerTest {
  readonly adapter?: AdapterName | FastifyAdapter;
  /** Folder with the files of the page. Without it, only a build of the package has them. */
  readonly assets?: string | undefined;
  readonly tracking?: TrackingModuleOptions;
  readonly explorer?: ExplorerModuleOptions;
  readonly module?: ModuleMetadata;
  /** Changes the application before it listens. */
  readonly prepare?: (app: INestApplication) => void;
  /** Path of the page, as a browser asks for it. */
  readonly path?: string;
}

/** Starts an application with a server and the explorer. */
export async function startExplorer({
  adapter = 'express',
  assets,
  tracking = { backends: { memory: backend(MemoryBackend) } },
  explorer = {},
  module: { imports = [], ...metadata } = {},
  prepare = () => undefined,
  path = 'tracking',
}: ExplorerTest = {}): Promise<ExplorerRun> {
  const module = Test.createTestingModule({
    ...metadata,
    imports: [TrackingModule.forRoot(tracking), TrackingExplorerModule.forRoot(explorer), ...imports],
  });
  if (assets !== undefined) module.overrideProvider(Assets).useValue(new Assets(assets));
  const compiled = await module.compile();
  const adapterMade = typeof adapter === 'string' ? ADAPTERS[adapter]() : adapter;
  const app: INestApplication = closeLater(compiled.createNestApplication(adapterMade as never));
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const url = `http://127.0.0.1:${String(port)}/${path}`;
  return {
    ...{ app, url, tracker: app.get(TrackerService) },
    get: async (at) => (await (await fetch(`${url}/${at}`)).json()) as never,
    post: (at, body, headers = { 'x-tracking-explorer': '1' }) =>
      fetch(`${url}/${at}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  };
}

/** Destination that refuses every event but `accepted` while `isDown`. */
export class Refusing {
  static isDown = true;
  readonly delivered: string[] = [];

  async sendBatch(events: readonly IdentifiedEvent[]): Promise<{ index: number; reason: string; retryable: false }[]> {
    await Promise.resolve();
    if (!Refusing.isDown) {
      this.delivered.push(...events.map(({ name }) => name));
      return [];
    }
    return events.flatMap(({ name }, index) =>
      name === 'accepted' ? [] : [{ index, reason: 'no such course', retryable: false as const }],
    );
  }
}

/** Reads the messages of a stream until one satisfies `isLast`. */
export async function readStream(
  url: string,
  isLast: (message: StreamMessage, all: readonly StreamMessage[]) => boolean,
  onOpen: () => void = () => undefined,
): Promise<StreamMessage[]> {
  const response = (await rawRequest(url)).setEncoding('utf8');
  const messages: StreamMessage[] = [];
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const message = JSON.parse(part.replace(/^event: \w+\ndata: /, '')) as StreamMessage;
        messages.push(message);
        if (message.type === 'hello') onOpen();
        if (isLast(message, messages)) return messages;
      }
    }
    return messages;
  } finally {
    response.destroy();
  }
}

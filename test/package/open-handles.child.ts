/**
 * Prints the types of async resources of an application that are left after it was closed and
 * collected.
 */
import 'reflect-metadata';
import type * as Src from '../../src/entries';
import { createHook } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';

const left = new Map<number, string>();
createHook({
  init: (id, type) => {
    if (!/^(PROMISE|Timeout|Immediate|TickObject|Microtask|FS|FILEHANDLE|TCP|HTTP|GETADDR)/.test(type))
      left.set(id, type);
  },
  destroy: (id) => void left.delete(id),
}).enable();

const SRC = '../../src/entries';
async function main(): Promise<void> {
  const { backend, HttpBackend, TrackerService, TrackEvent, TrackingModule } = (await import(SRC)) as typeof Src;
  const afterImport = [...left.values()];
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  left.clear();
  if (process.argv[2] !== 'import') {
    class Shop {
      async order(): Promise<number> {
        await wait(1);
        return 1;
      }
    }
    const method = Object.getOwnPropertyDescriptor(Shop.prototype, 'order')!;
    TrackEvent('ordered')(Shop.prototype, 'order', method);
    Object.defineProperty(Shop.prototype, 'order', method);
    class App {}
    const http = backend(HttpBackend, { url: 'http://127.0.0.1:1/' });
    Module({
      imports: [TrackingModule.forRoot({ logger: { log() {}, warn() {}, error() {} }, backends: { http } })],
      providers: [Shop],
    })(App);
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    await app.get(TrackerService).context({ a: 1 }, () => app.get(Shop).order());
    await app.close();
  }
  for (let at = 0; at < 5; at++) {
    (globalThis as { gc?: () => void }).gc?.();
    await wait(5);
  }
  console.log(JSON.stringify({ afterImport, left: [...left.values()] }));
}
void main();

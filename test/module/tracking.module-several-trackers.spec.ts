import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  backend,
  getBackendToken,
  getTrackerToken,
  MemoryBackend,
  TrackerService,
  TrackingModule,
} from '../../src/entries';
import { start } from '../support/start';
import { errorsOf } from './tracking-module-parts';

describe('Several trackers', () => {
  it('live in one application, each with its own backends and options', async () => {
    const app = await start(
      TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend, { maxEvents: 1 }) } }),
      TrackingModule.forRoot({ name: 'audit', backends: { sink: backend(MemoryBackend, { maxEvents: 2 }) } }),
    );
    const [main, audit] = [app.get(TrackerService), app.get<TrackerService>(getTrackerToken('audit'))];
    for (const name of ['a', 'b', 'c']) {
      main.emit(name);
      audit.emit(`audit.${name}`);
    }

    expect(
      main
        .backend<MemoryBackend>('sink')
        .events()
        .map(({ name }) => name),
    ).toEqual(['c']);
    expect(
      app
        .get<MemoryBackend>(getBackendToken('sink', 'audit'))
        .events()
        .map(({ name }) => name),
    ).toEqual(['audit.b', 'audit.c']);
    expect([main.name, audit.name]).toEqual(['default', 'audit']);
  });

  it('may not share a name', async () => {
    expect(await errorsOf({}, TrackingModule.forRoot({}))).toEqual([
      { path: 'name', what: expect.stringContaining('"default"'), fix: expect.stringContaining('InjectTracker') },
    ]);
  });

  it('stay separate in two applications that are made from one module', async () => {
    @Module({ imports: [TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } })] })
    class AppModule {}
    const [one, two] = await Promise.all([
      NestFactory.createApplicationContext(AppModule, { logger: false }),
      NestFactory.createApplicationContext(AppModule, { logger: false }),
    ]);
    one.get(TrackerService).emit('one');
    two.get(TrackerService).emit('two');

    const names = [one, two].map((app) =>
      app
        .get<MemoryBackend>(getBackendToken('sink'))
        .events()
        .map(({ name }) => name),
    );
    await Promise.all([one.close(), two.close()]);
    expect(names).toEqual([['one'], ['two']]);
  });
});

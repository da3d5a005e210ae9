import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Test } from '@nestjs/testing';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import type { EventRejection } from '../../../src/delivery/destination';
import { NODE_OPTIONS } from '../../../src/routing/tokens';
import { describeWithServices } from '../../support/services';
import { event, ownDatabase, startMongo, stored } from './support';

describe('MongoBackend', () => {
  it.each([
    [undefined, 'without a name', 'MongooseModule.forRoot(url, { lazyConnection: true })'],
    ['audit', 'called "audit"', "MongooseModule.forRoot(url, { lazyConnection: true, connectionName: 'audit' })"],
  ])(
    'does not start without the connection that it is told (%s), and says how to give it',
    async (connectionName, asked, fix) => {
      const other = MongooseModule.forRoot('mongodb://127.0.0.1:9/db', {
        lazyConnection: true,
        connectionName: 'other',
        serverSelectionTimeoutMS: 100,
      });
      const module = await Test.createTestingModule({
        imports: [other],
        providers: [MongoBackend, { provide: NODE_OPTIONS, useValue: { connectionName } }],
      }).compile();
      await expect(module.init()).rejects.toMatchObject({
        name: 'TrackingConfigException',
        errors: [{ path: 'MongoBackend', what: expect.stringContaining(asked), fix: expect.stringContaining(fix) }],
      });
      await module.close();
    },
  );

  it('does nothing where tracking is switched off', async () => {
    const idle = MongoBackend.idle();
    await idle.onModuleInit();
    idle.onApplicationBootstrap();
    await expect(idle.sendBatch([event()], AbortSignal.timeout(1000))).rejects.toThrow('switched off');
  });
});

describeWithServices(['mongo'], 'MongoBackend, by its connection,', (urls) => {
  it('writes through the connection of the name that it is given', async () => {
    const [first, audit] = [ownDatabase(urls.mongo), ownDatabase(urls.mongo)];
    @Module({ imports: [MongooseModule.forRoot(first.url, { lazyConnection: true })] })
    class FirstModule {}
    const module = await Test.createTestingModule({
      imports: [FirstModule, MongooseModule.forRoot(audit.url, { lazyConnection: true, connectionName: 'audit' })],
      providers: [{ provide: NODE_OPTIONS, useValue: { connectionName: 'audit' } }, MongoBackend],
    }).compile();
    await module.init();
    expect(await module.get(MongoBackend).sendBatch([event()], AbortSignal.timeout(5000))).toEqual([]);
    expect(await stored(audit.collection())).toHaveLength(1);
    expect(await stored(first.collection())).toHaveLength(0);
    await module.close();
  });

  it('warns at the start that the start waits for the server, if the connection is not lazy', async () => {
    const { warnings } = await startMongo(ownDatabase(urls.mongo).url, {}, { lazyConnection: false });
    expect(warnings).toEqual([expect.stringMatching(/does not start while MongoDB is down[^]*lazyConnection: true/)]);
  });

  it('does not warn of a lazy one, however quick the server is', async () => {
    for (let times = 0; times < 20; times += 1) {
      const { warnings, module } = await startMongo(ownDatabase(urls.mongo).url);
      expect(warnings).toEqual([]);
      await module.close();
    }
  });

  it('can still write in the shutdown hooks of what uses it', async () => {
    const database = ownDatabase(urls.mongo);
    const sent: (readonly EventRejection[])[] = [];
    @Injectable()
    class Drain implements OnApplicationShutdown {
      constructor(private readonly backend: MongoBackend) {}
      async onApplicationShutdown(): Promise<void> {
        sent.push(await this.backend.sendBatch([event()], AbortSignal.timeout(5000)));
      }
    }
    const { module } = await startMongo(database.url, {}, {}, [Drain]);
    await module.close();
    expect(sent).toEqual([[]]);
    expect(await stored(database.collection())).toHaveLength(1);
  });
});

/** The backend in the tree of an application, on the delivery. */
import { MongooseModule } from '@nestjs/mongoose';
import mongoose from 'mongoose';
import { backend } from 'nestjs-event-tracking';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import type { DestinationCounts } from '../../../src/ledger/counts';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { ownDatabase, stored } from './support';

const counts = ({ ledger }: BuiltTracking): DestinationCounts => ledger.node('mongo')?.delivery as DestinationCounts;

describeWithServices(['mongo'], 'MongoBackend, in a tree,', (urls) => {
  it('writes what was emitted, once it is confirmed, and dead-letters what cannot be stored alone', async () => {
    const database = ownDatabase(urls.mongo);
    const connection = MongooseModule.forRoot(database.url, { lazyConnection: true });
    const built = await startTracking({ backends: { mongo: backend(MongoBackend, {}, { imports: [connection] }) } });
    const { tracker } = built;
    const { destinations } = await tracker.emitConfirmed('play_video', { k: 1 });
    expect(destinations).toEqual({ mongo: 'delivered' });

    for (let n = 0; n < 9; n += 1) tracker.emit('play_video', n === 4 ? { 'secret\0': n } : { n });
    await tracker.flush();

    expect(await stored(database.collection())).toHaveLength(9);
    expect(counts(built)).toMatchObject({ accepted: 10, delivered: 9, deadLettered: 1, pending: 0 });
  });
});

describeWithPrograms(['mongo'], 'MongoBackend, in a tree, with a server that goes and comes,', (programs) => {
  it('writes each event once that was emitted before, during and after', async () => {
    const server = await OwnServer.start(programs.mongo);
    try {
      const connection = MongooseModule.forRoot(`${server.url}/db`, {
        lazyConnection: true,
        serverSelectionTimeoutMS: 200,
        heartbeatFrequencyMS: 500,
      });
      const delivery = { timeoutMs: 1000, retry: { minDelayMs: 20, maxDelayMs: 100, attempts: 1000 } };
      const built = await startTracking({
        backends: { mongo: backend(MongoBackend, {}, { imports: [connection], delivery }) },
      });
      const emit = (): void => {
        for (let n = 0; n < 100; n += 1) built.tracker.emit('play_video', { n });
      };
      emit();
      await built.tracker.flush();
      await server.kill();
      emit();
      await until(() => counts(built).failedAttempts > 0);
      await server.start();
      emit();
      await until(
        () => counts(built).pending === 0,
        () => JSON.stringify(counts(built)),
      );
      expect(counts(built)).toMatchObject({ accepted: 300, delivered: 300, deadLettered: 0 });

      const reader = await mongoose.createConnection(`${server.url}/db`).asPromise();
      expect(await reader.db?.collection('events').countDocuments()).toBe(300);
      await reader.close();
    } finally {
      await server.remove();
    }
  });
});

import { PoolQueue } from '../../../src/backends/mongo/pool-queue';
import { describeWithServices } from '../../support/services';
import { FaultyWay } from '../../support/toxiproxy';
import { event, ownDatabase, sendUntilTaken, startMongo, stored } from './support';

const busy = (): Error =>
  Object.defineProperty(new Error('Timed out while checking out a connection'), 'name', {
    value: 'MongoWaitQueueTimeoutError',
  });
const never = new AbortController().signal;

describe('PoolQueue', () => {
  it('runs again until the pool has a connection', async () => {
    const pool = new PoolQueue();
    let calls = 0;
    const result = await pool.run(never, () => {
      calls++;
      return calls < 4 ? Promise.reject(busy()) : Promise.resolve('done');
    });
    expect([result, calls, pool.isBusy]).toEqual(['done', 4, false]);
  });

  it.each([1, 2])('throws any other failure as it comes, at attempt %d', async (attempt) => {
    const pool = new PoolQueue();
    const failure = new Error('connection closed');
    let calls = 0;
    const run = pool.run(never, () => Promise.reject(++calls < attempt ? busy() : failure));
    await expect(run).rejects.toBe(failure);
    expect([calls, pool.isBusy]).toEqual([attempt, false]);
  });

  it('ends at the signal, and is busy until then', async () => {
    const pool = new PoolQueue();
    const controller = new AbortController();
    let calls = 0;
    const run = pool.run(controller.signal, () => {
      calls++;
      if (calls === 3) setImmediate(() => controller.abort());
      return Promise.reject(busy());
    });
    let wasBusy = false;
    controller.signal.addEventListener('abort', () => (wasBusy = pool.isBusy));
    await expect(run).rejects.toThrow(/abort/i);
    expect([wasBusy, pool.isBusy]).toEqual([true, false]);
  });
});

describeWithServices(['mongo', 'toxiproxy'], 'MongoBackend, with a pool of one connection,', (urls) => {
  const options = { maxPoolSize: 1, waitQueueTimeoutMS: 5, serverSelectionTimeoutMS: 5000 };

  it('waits for the connection, however short the wait in the queue of the pool may be', async () => {
    const database = ownDatabase(urls.mongo);
    const way = await FaultyWay.to(urls.toxiproxy, database.url);
    try {
      const { send } = await startMongo(way.url, {}, options);
      await sendUntilTaken({ send }, [event()]); // mongoose may give up on its first connection
      await way.add({ type: 'latency', latencyMs: 50 });
      const sent = await Promise.all(Array.from({ length: 6 }, () => send([event(), event()])));
      expect(sent.flat()).toEqual([]);
      expect(await stored(database.collection())).toHaveLength(13);
    } finally {
      await way.delete();
    }
  });

  it('says what to change when no connection becomes free in time, not that MongoDB is away', async () => {
    const database = ownDatabase(urls.mongo);
    const way = await FaultyWay.to(urls.toxiproxy, database.url);
    try {
      const { send } = await startMongo(way.url, { indexes: false }, options);
      await sendUntilTaken({ send }, [event()]);
      const restore = await way.add({ type: 'stall' }, 'downstream');
      const first = send([event()], 2000).catch((error: unknown) => error as Error);
      await expect(send([event()], 500)).rejects.toMatchObject({
        retryable: true,
        message: expect.stringMatching(
          /^MongoDB did not answer in time \(every connection of the pool.*Fix: raise maxPoolSize/,
        ),
      });
      await restore();
      await first;
    } finally {
      await way.delete();
    }
  });
});

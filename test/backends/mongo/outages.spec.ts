import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { ConnectionStates } from 'mongoose';
import { SendFailedException } from '../../../src/delivery/destination';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { FaultyWay } from '../../support/toxiproxy';
import { until } from '../../support/until';
import { event, ownDatabase, sendUntilTaken, startMongo, stored } from './support';

/** A server that takes connections and says nothing. */
async function deafServer(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `mongodb://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

const retryable = (reason: RegExp): object =>
  expect.objectContaining({ name: 'SendFailedException', retryable: true, message: expect.stringMatching(reason) });

const unhandled: unknown[] = [];
const remember = (error: unknown): void => {
  unhandled.push(error);
};
beforeAll(() => process.on('unhandledRejection', remember));
afterAll(() => process.off('unhandledRejection', remember));
afterEach(() => {
  expect(unhandled.splice(0)).toEqual([]);
});

describe('MongoBackend, without a server,', () => {
  it('lets the application start, and refuses a batch within the time of its signal', async () => {
    const { send } = await startMongo('mongodb://127.0.0.1:9/db');
    const begin = performance.now();
    await expect(send([event()], 200)).rejects.toEqual(retryable(/^MongoDB did not answer in time/));
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it('lets the application end at once, while mongoose looks for the server', async () => {
    const { module, connection } = await startMongo('mongodb://127.0.0.1:9/db');
    expect(connection.readyState).toBe(2);
    const begin = performance.now();
    await module.close();
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(connection.readyState).toBe(0);
  });

  it('refuses a batch at once whose signal has come already', async () => {
    const { backend } = await startMongo('mongodb://127.0.0.1:9/db');
    await expect(backend.sendBatch([event()], AbortSignal.abort())).rejects.toEqual(
      retryable(/did not answer in time/),
    );
  });

  it('refuses batches, and leaves no rejection to end the process, once mongoose has given up', async () => {
    const { send, connection } = await startMongo('mongodb://127.0.0.1:9/db', {}, { serverSelectionTimeoutMS: 100 });
    await until(() => connection.readyState === ConnectionStates.disconnected);
    await expect(send([event()])).rejects.toEqual(
      retryable(/^MongoDB was not reached \(connect ECONNREFUSED 127\.0\.0\.1:9\)/),
    );
    await expect(send([event()])).rejects.toBeInstanceOf(SendFailedException);
  });

  it('refuses a batch within the time of its signal when the server takes the connection and says nothing', async () => {
    const { server, url } = await deafServer();
    try {
      const { send } = await startMongo(url, {}, { serverSelectionTimeoutMS: 1000, connectTimeoutMS: 1000 });
      await expect(send([event()], 100)).rejects.toEqual(retryable(/did not answer in time/));
    } finally {
      server.close();
    }
  });

  it('refuses what comes after the application has closed the connection, and does not open it again', async () => {
    const { server, url } = await deafServer();
    let taken = 0;
    server.on('connection', () => (taken += 1));
    try {
      const { send, connection } = await startMongo(url, {}, { serverSelectionTimeoutMS: 100, connectTimeoutMS: 100 });
      await until(() => connection.readyState === ConnectionStates.disconnected);
      await connection.close();
      const before = taken;
      await expect(send([event()])).rejects.toEqual(retryable(/has closed the connection/));
      expect(taken).toBe(before);
    } finally {
      server.close();
    }
  });
});

describeWithPrograms(['mongo'], 'MongoBackend, with a server that goes and comes,', (programs) => {
  let server: OwnServer;
  beforeEach(async () => {
    server = await OwnServer.start(programs.mongo);
  });
  afterEach(() => server.remove());

  it('writes as soon as a server is there that was not at the start, after mongoose has given up on it', async () => {
    await server.kill();
    const { send, connection } = await startMongo(`${server.url}/db`, {}, { serverSelectionTimeoutMS: 100 });
    await until(() => connection.readyState === ConnectionStates.disconnected);
    const events = [event(), event()];
    await expect(send(events)).rejects.toBeInstanceOf(SendFailedException);
    await server.start();
    expect(await sendUntilTaken({ send }, events)).toEqual([]);
    expect(await connection.getClient().db('db').collection('events').countDocuments()).toBe(2);
    const names = async (): Promise<string[]> =>
      (await connection.getClient().db('db').collection('events').indexes()).map(({ name }) => name ?? '');
    let made: string[] = [];
    await until(() => {
      void names().then(
        (found) => (made = found),
        () => undefined, // a question still under way when the test ends
      );
      return made.length === 3; // the indexes, too, were not to be had at the start
    });
  });

  it('refuses batches while the server is killed, and writes each event once when it is back', async () => {
    const { send, connection, backend } = await startMongo(
      `${server.url}/db`,
      {},
      { serverSelectionTimeoutMS: 200, heartbeatFrequencyMS: 500 },
    );
    const events = Array.from({ length: 20 }, () => event());
    await send(events.slice(0, 10));
    await server.kill();
    await expect(send(events, 1000)).rejects.toEqual(retryable(/^MongoDB (was not reached|did not answer)/));
    await server.start();
    expect(await sendUntilTaken({ send }, events)).toEqual([]);
    expect(await connection.getClient().db('db').collection('events').countDocuments()).toBe(20);
    expect(backend.duplicates).toBe(10);
  });

  it('gives up on a batch at its signal while the server hangs', async () => {
    const { send } = await startMongo(`${server.url}/db`);
    await send([event()]);
    await server.kill('SIGSTOP');
    try {
      await expect(send([event()], 200)).rejects.toEqual(retryable(/did not answer in time \(connection: connected\)/));
    } finally {
      await server.kill('SIGCONT');
    }
  });
});

describeWithServices(['mongo', 'toxiproxy'], 'MongoBackend, on a faulty way,', (urls) => {
  it('takes nothing for delivered when the reply is lost, and finds all there when it is sent again', async () => {
    const database = ownDatabase(urls.mongo);
    const way = await FaultyWay.to(urls.toxiproxy, database.url);
    try {
      const { send, backend } = await startMongo(way.url, { indexes: false }, { retryWrites: false });
      await send([event()]);
      const events = [event(), event(), event()];
      const fix = await way.add({ type: 'stall' }, 'downstream');
      const waiting = new AbortController();
      const sending = backend.sendBatch(events, waiting.signal);
      const collection = await database.collection();
      let landed = 0;
      await until(() => {
        void collection.countDocuments().then(
          (count) => (landed = count),
          () => undefined, // a question still under way when the test ends
        );
        return landed === 4;
      });
      waiting.abort();
      await expect(sending).rejects.toEqual(retryable(/did not answer in time/));
      await fix();
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await stored(database.collection())).toHaveLength(4);
      expect(backend.duplicates).toBe(3);
    } finally {
      await way.delete();
    }
  });

  it('refuses a batch in whose middle the connection is reset, and writes each of its events once after that', async () => {
    const database = ownDatabase(urls.mongo);
    const way = await FaultyWay.to(urls.toxiproxy, database.url);
    try {
      const { send } = await startMongo(
        way.url,
        { indexes: false },
        { serverSelectionTimeoutMS: 500, heartbeatFrequencyMS: 500 },
      );
      await send([event()]);
      const events = Array.from({ length: 200 }, () => event({ text: 'x'.repeat(1000) }));
      const fix = await way.add({ type: 'limit_data', bytes: 50_000 }, 'upstream');
      await expect(send(events, 5000)).rejects.toEqual(retryable(/^MongoDB (was not reached|did not answer)/));
      await fix();
      expect(await sendUntilTaken({ send }, events)).toEqual([]);
      expect(await stored(database.collection())).toHaveLength(201);
    } finally {
      await way.delete();
    }
  });

  it('writes through a slow way', async () => {
    const database = ownDatabase(urls.mongo);
    const way = await FaultyWay.to(urls.toxiproxy, database.url);
    try {
      await way.add({ type: 'latency', latencyMs: 500 });
      const { send } = await startMongo(way.url);
      expect(await send([event()])).toEqual([]);
    } finally {
      await way.delete();
    }
  });
});

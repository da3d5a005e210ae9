import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { mongooseEngines } from 'nestjs-event-tracking/mongoose';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { describeWithServices } from '../support/services';
import { startTracking } from '../support/start-tracking';
import { ownDatabase, stored } from '../backends/mongo/support';
import { errorsOf, withBackends } from './support';

const MONGO = 'eventtracking.backends.mongodb.MongoBackend';
const mongo = (OPTIONS: object): object => withBackends({ mongo: { ENGINE: MONGO, OPTIONS } });

/** What the connection and the backend of these settings are told. */
async function told(options: object): Promise<{ url: string; client: object; backend: unknown }> {
  const tree = backendsFromSettings(mongo(options), mongooseEngines);
  const { app } = await startTracking({ ...tree, shutdownTimeoutMs: 0 });
  const connection = app.get<Connection>(getConnectionToken('EVENT_TRACKING_BACKENDS.mongo'), { strict: false });
  const { _connectionString: url } = connection as unknown as { _connectionString: string };
  return { url, client: connection.getClient().options, backend: tree.backends['mongo']?.options };
}

const BACKEND = { connectionName: 'EVENT_TRACKING_BACKENDS.mongo', database: 'eventtracking', collection: 'events' };

describe('The MongoBackend of the settings', () => {
  it.each<[object, string]>([
    [{}, 'mongodb://localhost:27017/'],
    [{ host: null, port: null }, 'mongodb://localhost:27017/'],
    [{ host: '127.0.0.1', port: 9 }, 'mongodb://127.0.0.1:9/'],
    [{ host: '127.0.0.1:9', port: 10 }, 'mongodb://127.0.0.1:9/'],
    [{ host: '[::1]', port: 9 }, 'mongodb://[::1]:9/'],
    [{ host: ['127.0.0.1', '127.0.0.2:8'], port: 9 }, 'mongodb://127.0.0.1:9,127.0.0.2:8/'],
    [{ host: 'mongodb://127.0.0.1:9/x?replicaSet=rs', port: 1 }, 'mongodb://127.0.0.1:9/x?replicaSet=rs'],
  ])('connects with %j to %s', async (options, url) => {
    expect((await told(options)).url).toBe(url);
  });

  it('logs in at the database that it writes to', async () => {
    const { client, backend } = await told({
      host: '127.0.0.1',
      port: 9,
      user: 'u',
      password: 'p',
      database: 'd',
      collection: 'c',
    });
    expect(client).toMatchObject({ credentials: { username: 'u', password: 'p', source: 'd' } });
    expect(backend).toEqual({ ...BACKEND, database: 'd', collection: 'c' });
  });

  it('hands on what extra has for the driver, and the write concern to the backend', async () => {
    const extra = {
      CONNECTTIMEOUTMS: 5,
      tz_aware: false,
      w: 'majority',
      j: true,
      wtimeout: 7,
      authSource: 'admin',
      ssl: true,
    };
    const { client, backend } = await told({ host: '127.0.0.1', port: 9, user: 'u', password: 'p', extra });
    expect(client).toMatchObject({ connectTimeoutMS: 5, tls: true, credentials: { source: 'admin' } });
    expect(backend).toEqual({ ...BACKEND, writeConcern: { w: 'majority', journal: true, wtimeoutMS: 7 } });
  });

  it('gives each node a connection of its own', async () => {
    const node = (port: number): object => ({ ENGINE: MONGO, OPTIONS: { host: '127.0.0.1', port } });
    const tree = backendsFromSettings(withBackends({ a: node(8), b: node(9) }), mongooseEngines);
    const { app } = await startTracking({ ...tree, shutdownTimeoutMs: 0 });
    const hostOf = (name: string): string =>
      app
        .get<Connection>(getConnectionToken(`EVENT_TRACKING_BACKENDS.${name}`), { strict: false })
        .getClient()
        .options.hosts.join();
    expect([hostOf('a'), hostOf('b')]).toEqual(['127.0.0.1:8', '127.0.0.1:9']);
  });

  it.each<[object, string, RegExp]>([
    [{ host: 5 }, 'host', /^it is 5; expected a string/],
    [{ host: '' }, 'host', /^it is not the name of a host/],
    [{ host: 'mongo://u:secret@h' }, 'host', /^it is not the name of a host\.$/],
    [{ host: [] }, 'host', /^it is not the name of a host/],
    [{ port: '27017' }, 'port', /^it is "27017"; expected an integer from 1 to 65535/],
    [{ port: 70_000 }, 'port', /^it is 70000; expected an integer from 1 to 65535/],
    [{ user: 'u' }, 'user', /^it is set without password/],
    [{ password: 'secret' }, 'password', /^it is set without user\.$/],
    [{ user: 'u', password: 4711, extra: { authMechanism: 'PLAIN' } }, 'password', /^it is not a string\.$/],
    [{ extra: [] }, 'extra', /^it is a list of 0; expected an object/],
    [{ extra: { w: 0 } }, 'extra', /^"w" is 0: MongoDB would not report/],
    [{ extra: { document_class: 'x' } }, 'extra', /^"document_class" has no known counterpart/],
    [{ pool: 5 }, 'pool', /^unknown option "pool"; known options: port, host/],
  ])('is a fault with %j, at %s', (options, name, what) => {
    const errors = errorsOf(mongo(options), mongooseEngines);
    expect(errors).toEqual([
      expect.objectContaining({
        path: `EVENT_TRACKING_BACKENDS.mongo.OPTIONS.${name}`,
        what: expect.stringMatching(what),
      }),
    ]);
  });

  it('says where it is if it has not been handed in', () => {
    expect(errorsOf(mongo({}))).toEqual([
      expect.objectContaining({
        path: 'EVENT_TRACKING_BACKENDS.mongo.ENGINE',
        fix: "import { mongooseEngines } from 'nestjs-event-tracking/mongoose'; backendsFromSettings(settings, mongooseEngines)",
      }),
    ]);
  });
});

describeWithServices(['mongo'], 'The MongoBackend of the settings, with a server,', (urls) => {
  it('writes what is emitted, where the settings say', async () => {
    const database = ownDatabase(urls.mongo);
    const { hostname: host, port } = new URL(urls.mongo);
    const settings = mongo({ host, port: Number(port), database: database.name, collection: 'tracked' });
    const { app, tracker } = await startTracking(backendsFromSettings(settings, mongooseEngines));
    tracker.emit('play_video', { k: 1 });
    await app.close();
    expect(await stored(database.collection('tracked'))).toEqual([
      expect.objectContaining({ name: 'play_video', data: { k: 1 } }),
    ]);
  });
});

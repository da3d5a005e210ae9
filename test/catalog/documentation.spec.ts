import { MongooseModule } from '@nestjs/mongoose';
import mongoose from 'mongoose';
import { z } from 'zod';
import {
  backend,
  defineCatalog,
  defineContext,
  defineEvent,
  LoggerBackend,
  MemoryBackend,
  processor,
  RenameEvent,
  type Backend,
} from 'nestjs-event-tracking';
import type { CatalogDocument } from 'nestjs-event-tracking/catalog';
import type { CatalogKeeper } from 'nestjs-event-tracking/extend';
import { MongoBackend, storedCoverage } from 'nestjs-event-tracking/mongoose';
import { codec } from '../../src/transports/redis-streams/peers';
import { ownDatabase, stored, type Stored } from '../backends/mongo/support';
import { RedisBus } from '../transports/redis-streams/redis-bus';
import { LogFolder } from '../support/log-folder';
import { describeWithServices } from '../support/services';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { until } from '../support/until';

const played = (version: number, title: string) =>
  defineEvent('video.played', { version, title, data: z.object({ at: z.number() }), pii: ['context.username'] });
const Played = played(1, 'Video played');
const Paused = defineEvent('video.paused');
const catalog = defineCatalog([Played, Paused, defineContext('user', { when: 'In each request' })]);
const schema = { name: 'video.played', version: 1, hash: Played.document.hash };

describe('EventInspector: the stamp of an event', () => {
  it('says by which definition it was made, once that is asked for: in memory, in the log, and after a processor', async () => {
    const folder = new LogFolder();
    const { tracker, last } = await startTracking({
      catalog,
      documentation: true,
      logger: new RecordingLogger(),
      backends: {
        sink: backend(MemoryBackend),
        log: backend(LoggerBackend, { path: folder.file(), sync: true }),
        renamed: backend(
          MemoryBackend,
          {},
          { processors: [processor(RenameEvent, { names: { 'video.played': 'play' } })] },
        ),
      },
    });
    tracker.emit(Played, { at: 1 });
    expect(last()).toMatchObject({ name: 'video.played', schema });
    expect(last('renamed')).toMatchObject({ name: 'play', schema });
    expect(folder.events().at(-1)).toMatchObject({ name: 'video.played', data: { at: 1 }, schema });
    tracker.emit('unplanned');
    expect(last()).not.toHaveProperty('schema');
  });

  it('has the shape of the reference where it is not asked for', async () => {
    const folder = new LogFolder();
    const log = backend(LoggerBackend, { path: folder.file(), sync: true });
    const { tracker } = await startTracking({ catalog, backends: { log } });
    tracker.emit(Played, { at: 1 });
    expect(folder.lines()).toHaveLength(1);
    expect(Object.keys(folder.events()[0] ?? {})).toEqual(['name', 'timestamp', 'id', 'context', 'data']);
  });
});

describe('CatalogLog: a log', () => {
  it('begins with the documents of the catalog on one line', async () => {
    const folder = new LogFolder();
    const log = backend(LoggerBackend, { path: folder.file(), sync: true });
    const { ledger } = await startTracking({ catalog, documentation: true, backends: { log } });
    const [line] = folder.events();
    expect(folder.lines()).toHaveLength(1);
    expect(line).toMatchObject({ name: 'event_catalog', context: {}, data: catalog.document });
    expect(ledger.tracker().emitted).toBe(0); // it is no event of the application
  });
});

describe('CatalogLog: a logger of the application', () => {
  it('that throws at the catalog does not keep the application from starting, and is told of', async () => {
    const logger = new RecordingLogger();
    const throwing = {
      log: () => {
        throw new Error('no');
      },
      warn: () => undefined,
      error: () => undefined,
    };
    const backends = { log: backend(LoggerBackend, { logger: throwing }), sink: backend(MemoryBackend) };
    const { tracker, names } = await startTracking({ catalog, documentation: true, logger, backends });
    tracker.emit(Played, { at: 1 });
    expect(names()).toEqual(['video.played']);
    expect(logger.warnings[0]).toMatch(/backends\.log \(LoggerBackend\) did not accept the catalog: .*no/);
  });
});

describe('CatalogCourier: a backend of the application that stores documents', () => {
  it('is given them at start, and again until it has taken them', async () => {
    class Keeper implements Backend, CatalogKeeper {
      readonly kept: CatalogDocument[] = [];
      private calls = 0;

      send(): void {}

      keepCatalog(given: CatalogDocument): Promise<void> {
        if (this.calls++ === 0) return Promise.reject(new Error('away'));
        this.kept.push(given);
        return Promise.resolve();
      }
    }
    const logger = new RecordingLogger();
    const { tracker } = await startTracking({
      catalog,
      documentation: true,
      logger,
      backends: { keeper: backend(Keeper) },
    });
    const keeper = tracker.backend<Keeper>('keeper');
    await until(() => keeper.kept.length > 0);
    expect(keeper.kept).toEqual([catalog.document]);
    expect(logger.warnings).toEqual([
      expect.stringMatching(/backends\.keeper \(Keeper\) could not store the catalog: .*away/),
    ]);
  });
});

describeWithServices(['mongo'], 'The documents in MongoDB', (urls) => {
  const run = async (
    url: string,
    definitions: typeof catalog,
    emit: 'emits' | 'only starts',
    options: object = {},
  ): Promise<void> => {
    const imports = [MongooseModule.forRoot(url, { lazyConnection: true })];
    const { tracker, app } = await startTracking({
      catalog: definitions,
      documentation: true,
      logger: new RecordingLogger(),
      backends: { store: backend(MongoBackend, options, { imports }) },
    });
    if (emit === 'emits') tracker.emit(Played, { at: 1 });
    await tracker.flush();
    await app.close();
  };

  it('stand beside the events, so that one query finds what an event means', async () => {
    const database = ownDatabase(urls.mongo);
    await run(database.url, catalog, 'emits');
    const [event] = await stored(database.collection());
    expect(event).toMatchObject({ name: 'video.played', schema });
    // As a $lookup does it, which the FerretDB of the tests has not.
    const documentation = (await database.collection('event_catalog')).find({ _id: event!['schema'].hash });
    const [kept, ...others] = await documentation.toArray();
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ _id: schema.hash, kind: 'event', title: 'Video played', version: 1 });
    expect(JSON.parse(kept!['data_schema'])).toEqual(Played.document.data);
    expect(kept).toMatchObject({ pii: ['context.username'], source: 'server' });
    expect(kept).not.toHaveProperty('context_schema');
  });

  it('are kept once for each hash, the old ones beside the new, with when each was seen first and last', async () => {
    const database = ownDatabase(urls.mongo);
    const again = async (definitions: typeof catalog): Promise<readonly Stored[]> => {
      await run(database.url, definitions, 'only starts');
      return stored(database.collection('event_catalog'));
    };
    const first = await again(catalog);
    const same = await again(catalog);
    expect(same.map(({ last_seen: _, ...document }) => document)).toEqual(
      first.map(({ last_seen: _, ...document }) => document),
    );
    const newer = await again(defineCatalog([played(2, 'A video was played'), Paused]) as never);
    const versions = newer.filter(({ name }) => name === 'video.played').sort((a, b) => a['version'] - b['version']);
    expect(versions.map(({ version, title }) => [version, title])).toEqual([
      [1, 'Video played'],
      [2, 'A video was played'],
    ]);
    for (const { first_seen: firstSeen, last_seen: lastSeen } of newer) expect(lastSeen >= firstSeen).toBe(true);
    const paused = (documents: readonly Stored[]): Stored => documents.find(({ name }) => name === 'video.paused')!;
    expect(paused(newer)['last_seen'] > paused(first)['last_seen']).toBe(true);
    expect(paused(newer)['first_seen']).toEqual(paused(first)['first_seen']);
  });

  it('are kept elsewhere, or not at all, as the backend says', async () => {
    const database = ownDatabase(urls.mongo);
    await run(database.url, catalog, 'only starts', { catalogCollection: false });
    expect(await stored(database.collection('event_catalog'))).toEqual([]);
    await run(database.url, catalog, 'only starts', { catalogCollection: 'documents' });
    expect(await stored(database.collection('documents'))).toHaveLength(3);
  });

  it('show what is stored and in no document, and what is documented and was never stored', async () => {
    const database = ownDatabase(urls.mongo);
    await run(database.url, catalog, 'emits');
    await (
      await database.collection()
    ).insertMany(
      [1, 2].map((at) => ({ _id: String(at), name: 'typo', timestamp: new Date(at), context: {}, data: {} })),
    );
    const connection = await mongoose.createConnection(database.url).asPromise();
    try {
      const coverage = await storedCoverage(connection.db as never);
      expect(coverage).toEqual({
        seen: [expect.objectContaining({ name: 'video.played', count: 1 })],
        undocumented: [{ name: 'typo', count: 2, firstAt: new Date(1), lastAt: new Date(2) }],
        unseen: ['video.paused'],
      });
      const since = await storedCoverage(connection.db as never, { since: new Date(2000) });
      expect(since.undocumented).toEqual([]);
    } finally {
      await connection.close();
    }
  });
});

describeWithServices(['redis'], 'The documents on the bus', (urls) => {
  it('go to a topic of their own, each with an id made of its hash; none without one', async () => {
    const bus = new RedisBus(urls.redis);
    const topic = `${bus.topic}-catalog`;
    const send = async (options: object): Promise<[string, Record<string, unknown>][]> => {
      await bus.redis.del(topic);
      const { app } = await startTracking({ catalog, documentation: true, backends: { bus: bus.sender(options) } });
      await app.close();
      const entries = await bus.redis.xrangeBuffer(topic, '-', '+');
      return entries.map(([, fields]) => {
        const value = (name: string): Buffer => fields[fields.findIndex((field) => field.toString() === name) + 1]!;
        const log = codec.decode(value('event_data'));
        expect(log.name).toBe('event_catalog');
        return [value('id').toString(), JSON.parse(log.data)];
      });
    };
    const first = await send({ catalogTopic: topic });
    expect(first.map(([, data]) => data)).toEqual([...catalog.document.events, ...catalog.document.contexts]);
    expect((await send({ catalogTopic: topic })).map(([id]) => id)).toEqual(first.map(([id]) => id));
    expect(await send({})).toEqual([]);
    await bus.redis.del(topic);
  });
});

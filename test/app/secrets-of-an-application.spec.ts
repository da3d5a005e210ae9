import { ConsoleLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AsyncRoutingBackend,
  backend,
  consumer,
  defineEvent,
  EventBusBackend,
  HttpBackend,
  MemoryBackend,
  processor,
  Redact,
  TrackerService,
  TrackingModule,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { SegmentBackend } from '../../src/entries/segment';
import { bullQueue } from '../../src/entries/bull';
import { kafka } from '../../src/entries/kafka';
import { MongoBackend } from '../../src/entries/mongoose';
import { redisStreams, RedisStreamsConsumer } from '../../src/entries/redis-streams';
import { hasSecret, PLACEMENTS, SECRETS, shownBy } from './secret-placements';

describe.each(SECRETS)('A secret (%s) in the options of an application', (_shape, secret) => {
  it.each(PLACEMENTS)('is neither in its error nor in its log when it does not start (%s)', async (_how, place) => {
    for (const describe of APPLICATIONS) {
      const shown = await shownByStart(describe(place(secret) as never, secret));
      expect(shown).toContain('TrackingConfigException');
      expect(hasSecret(withoutNames(shown, secret)) ? shown : '').toBe('');
    }
  });

  it('is neither in an error nor in a log where it belongs and its server is away', async () => {
    const shown = await shownByStart({
      shutdownTimeoutMs: 100,
      delivery: { batch: { maxEvents: 1 }, retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 1 } },
      requestContext: { hash: { fields: ['user_id'], key: secret } },
      processors: [processor(Redact, { keys: ['a'], action: { hash: { keys: { k1: secret }, current: 'k1' } } })],
      backends: {
        url: backend(HttpBackend, { url: `http://hush:${encodeURIComponent(secret)}@127.0.0.1:9/` }),
        header: backend(HttpBackend, { url: 'http://127.0.0.1:9/', headers: () => ({ authorization: secret }) }),
        segment: backend(SegmentBackend, { host: 'http://127.0.0.1:9', writeKey: secret, anonymousId: () => 'a' }),
        redis: backend(EventBusBackend, {
          producer: redisStreams({ url: `redis://:${encodeURIComponent(secret)}@127.0.0.1:9/0`, connection: {} }),
        }),
        kafka: backend(EventBusBackend, {
          producer: kafka({
            brokers: ['127.0.0.1:9'],
            sasl: { mechanism: 'PLAIN', username: secret, password: secret },
            requestTimeoutMs: 200,
          }),
        }),
      },
    });
    expect(shown).toContain('ECONNREFUSED');
    expect(hasSecret(shown) ? shown : '').toBe('');
  });

  it('is in no error where it is taken for the name of a connection, unless it has the form of a name', async () => {
    const queue = backend(AsyncRoutingBackend, { queue: bullQueue(secret) });
    const mongo = backend(MongoBackend, { connectionName: secret });
    const shown = (await shownByStart({ backends: { queue } })) + (await shownByStart({ backends: { mongo } }));
    expect(shown).toContain('needs the queue');
    expect(shown).toContain('needs the connection');
    expect(hasSecret(shown)).toBe(/^[\w.-]{1,64}$/.test(secret));
  });
});

/** What is shown of an application, without what is a name of a node or of a class. */
function withoutNames(shown: string, secret: string): string {
  return [`backends.${secret}`, `consumers.${secret}`, `(${secret})`].reduce(
    (text, name) => text.replaceAll(name, ''),
    shown,
  );
}

const TARGET_OF_REDIS = { url: 'redis://127.0.0.1:9', group: 'a' };

/**
 * What an application is given in which everything that can be wrong is. @param it the secret, as
 * it was placed
 */
const APPLICATIONS: readonly ((it: never, secret: string) => TrackingModuleOptions)[] = [
  (it) => ({
    ...{
      enabled: it,
      requestContext: it,
      clock: 'hush' as never,
      limits: it,
      maxEarlyEvents: it,
      shutdownTimeoutMs: it,
    },
    ...{ role: it, delivery: it, catalog: it, validation: it, documentation: it },
    ...{ processors: it, backends: it, consumers: it },
  }),
  (it, secret) => ({
    requestContext: { fields: it, hash: it, forRoutes: it, exclude: it },
    limits: { maxDepth: it, [secret]: it },
    delivery: { batch: it, retry: it, whenFull: it, durable: it, maxEvents: it, [secret]: it },
    catalog: [defineEvent('a')],
    validation: { mode: it, environments: it, events: it, unplanned: it, undeclared: it, [secret]: it },
    processors: [it, processor(Redact, it), processor(Redact, { keys: ['a'] }, it)],
    backends: { a: it, b: backend(MemoryBackend, it, it), c: backend(it) },
    consumers: { a: it, b: consumer(RedisStreamsConsumer, it, it) },
  }),
  (it, secret) => ({
    requestContext: { fields: { ip: it, [secret]: it }, hash: { fields: it, key: [it] as never } },
    delivery: { batch: { maxEvents: it, [secret]: it }, retry: { attempts: it, [secret]: it } },
    catalog: [defineEvent('a')],
    validation: { environments: { production: it, [secret]: it }, events: { a: it, [secret]: it } },
    processors: [processor(Redact, { keys: ['a'] }, { onError: it, [secret]: it })],
    backends: {
      a: backend(MemoryBackend, {}, { processors: it, backends: it, delivery: it, [secret]: it }),
      b: backend(MemoryBackend, { inject: [], useFactory: () => it }),
      c: backend(HttpBackend, { url: 'http://127.0.0.1:9' }, { delivery: { directory: [it] as never, ordered: it } }),
    },
    consumers: { a: consumer(RedisStreamsConsumer, TARGET_OF_REDIS, { dedupeWindowMs: it, [secret]: it }) },
  }),
];

/** The error of a start, and whatever was written meanwhile. */
async function shownByStart(options: TrackingModuleOptions): Promise<string> {
  const written: string[] = [];
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  );
  try {
    const module = await Test.createTestingModule({ imports: [TrackingModule.forRoot(options)] })
      .setLogger(new ConsoleLogger())
      .compile();
    await module.createNestApplication().init();
    const tracker = module.get(TrackerService);
    tracker.emit('a', { a: 'b' });
    await tracker.flush();
    await module.close();
  } catch (error) {
    written.push(shownBy(error));
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  return written.join('\n');
}

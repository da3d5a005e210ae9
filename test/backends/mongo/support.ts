import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { getConnectionToken, MongooseModule, type MongooseModuleOptions } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Collection, Document } from 'mongodb';
import mongoose, { type Connection } from 'mongoose';
import { MongoBackend, type MongoBackendOptions } from 'nestjs-event-tracking/mongoose';
import { SendFailedException } from '../../../src/delivery/destination';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';
import { NODE_OPTIONS } from '../../../src/routing/tokens';
import { RecordingLogger } from '../../support/start-tracking';

export type Stored = Document & { readonly _id: string };

const running = new Set<TestingModule>();
const used = new Set<Promise<Connection>>();

afterEach(async () => {
  for (const module of running) await module.close();
  running.clear();
  for (const connection of used) {
    const { db } = await connection;
    await db?.dropDatabase();
    await (await connection).close();
  }
  used.clear();
});

/** A database that no other test has; dropped after the test. */
export function ownDatabase(url: string): {
  readonly name: string;
  readonly url: string;
  collection(name?: string): Promise<Collection<Stored>>;
} {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const withName = `${url.replace(/\/$/, '')}/${name}`;
  let connection: Promise<Connection> | undefined;
  return {
    name,
    url: withName,
    async collection(collection = 'events') {
      connection ??= mongoose.createConnection(withName).asPromise();
      used.add(connection);
      return (await connection).getClient().db(name).collection<Stored>(collection);
    },
  };
}

/** Closed after the test. */
export function usedConnection(url: string): Promise<Connection> {
  const connection = mongoose.createConnection(url).asPromise();
  used.add(connection);
  return connection;
}

export interface Started {
  readonly backend: MongoBackend;
  readonly warnings: string[];
  readonly module: TestingModule;
  readonly connection: Connection;
  /** With a signal that comes after `timeoutMs`. */
  send(events: readonly IdentifiedEvent[], timeoutMs?: number): ReturnType<MongoBackend['sendBatch']>;
}

/**
 * An application with the backend as a provider beside its connection, lazy unless `connection`
 * says otherwise.
 */
export async function startMongo(
  url: string,
  options?: MongoBackendOptions,
  connection: MongooseModuleOptions = {},
  providers: Type[] = [],
): Promise<Started> {
  const logger = new RecordingLogger();
  const module = await Test.createTestingModule({
    imports: [MongooseModule.forRoot(url, { lazyConnection: true, ...connection })],
    providers: [...providers, MongoBackend, { provide: NODE_OPTIONS, useValue: options }],
  })
    .setLogger(logger)
    .compile();
  running.add(module);
  await module.init();
  const backend = module.get(MongoBackend);
  return {
    backend,
    warnings: logger.warnings,
    module,
    connection: module.get<Connection>(getConnectionToken(connection.connectionName)),
    send: (events, timeoutMs = 10_000) => backend.sendBatch(events, AbortSignal.timeout(timeoutMs)),
  };
}

/** As the delivery does it: again and again, as long as nothing is known of the batch. */
export async function sendUntilTaken(
  { send }: Pick<Started, 'send'>,
  events: readonly IdentifiedEvent[],
): ReturnType<MongoBackend['sendBatch']> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await send(events);
    } catch (error) {
      if (!(error instanceof SendFailedException && error.retryable) || performance.now() > deadline) throw error;
    }
  }
}

let made = 0;

/** An event as the delivery gives it. */
export function event(data: object = {}, more: Partial<IdentifiedEvent> = {}): IdentifiedEvent {
  made += 1;
  return {
    id: `0192f000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    name: 'play_video',
    timestamp: new Date('2026-11-24T12:00:00.123Z'),
    context: { user_id: 7 },
    data: data as IdentifiedEvent['data'],
    ...more,
  };
}

/** The documents by the order of their events. */
export async function stored(collection: Promise<Collection<Stored>>): Promise<readonly Stored[]> {
  return (await collection).find().sort({ _id: 1 }).toArray();
}

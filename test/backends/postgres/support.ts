import { randomUUID } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { PostgresBackend, type PostgresBackendOptions, type SqlRow } from 'nestjs-event-tracking/postgres';
import { Pool } from 'pg';
import { SendFailedException } from '../../../src/delivery/destination';
import type { IdentifiedEvent } from '../../../src/event/tracking-event';
import { NODE_OPTIONS } from '../../../src/routing/tokens';
import { RecordingLogger } from '../../support/start-tracking';

const running = new Set<TestingModule>();
const schemas = new Map<string, Pool>();

afterEach(async () => {
  for (const module of running) await module.close();
  running.clear();
  for (const [name, pool] of schemas) {
    await pool.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
    await pool.end();
  }
  schemas.clear();
});

export interface OwnSchema {
  readonly name: string;
  readonly pool: Pool;
  query(sql: string, params?: unknown[]): Promise<SqlRow[]>;
}

/** A schema that no other test has; it does not exist yet, and is dropped after the test. */
export function ownSchema(url: string): OwnSchema {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const pool = new Pool({ connectionString: url, max: 3 });
  pool.on('error', () => undefined);
  schemas.set(name, pool);
  return { name, pool, query: async (sql, params) => (await pool.query<SqlRow>(sql, params)).rows };
}

export interface Started {
  readonly backend: PostgresBackend;
  readonly warnings: string[];
  readonly module: TestingModule;
  /** With a signal that comes after `timeoutMs`. */
  send(events: readonly IdentifiedEvent[], timeoutMs?: number): ReturnType<PostgresBackend['sendBatch']>;
}

/** An application with the backend as a provider. */
export async function startPostgres(options: PostgresBackendOptions): Promise<Started> {
  const logger = new RecordingLogger();
  const module = await Test.createTestingModule({
    providers: [PostgresBackend, { provide: NODE_OPTIONS, useValue: options }],
  })
    .setLogger(logger)
    .compile();
  running.add(module);
  await module.init();
  const backend = module.get(PostgresBackend);
  return {
    backend,
    warnings: logger.warnings,
    module,
    send: (events, timeoutMs = 10_000) => backend.sendBatch(events, AbortSignal.timeout(timeoutMs)),
  };
}

/** As the delivery does it: again and again, as long as nothing is known of the batch. */
export async function sendUntilTaken(
  { send }: Pick<Started, 'send'>,
  events: readonly IdentifiedEvent[],
): ReturnType<PostgresBackend['sendBatch']> {
  const deadline = performance.now() + 15_000;
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

export const retryable = (reason: RegExp): object =>
  expect.objectContaining({ name: 'SendFailedException', retryable: true, message: expect.stringMatching(reason) });

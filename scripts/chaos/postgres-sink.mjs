// @ts-check
// A PostgreSQL of its own (own-postgres.mjs), which is killed in turns with the application.
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { OwnPostgres } from './own-postgres.mjs';

const SCHEMA = 'chaos';
const UNDEFINED_TABLE = '42P01';
/** The server is down for up to this long. */
const MAX_DOWN_MS = 500;

export async function openPostgres() {
  const server = await OwnPostgres.start();
  let isUp = Promise.resolve();
  const faults = [];
  return {
    url: server.url,
    schema: SCHEMA,
    /**
     * Resolves once the server is gone. It comes back later, while the applications go on or
     * start.
     */
    kill: async () => {
      await isUp;
      await server.kill();
      isUp = wait(Math.random() * MAX_DOWN_MS).then(() => server.start());
      isUp.catch(() => undefined); // `kill`, `arrived` or `up` reports it
    },
    up: () => isUp,
    kills: () => server.kills,
    arrived: async () => {
      await isUp;
      const keys = await keysIn(server.url);
      const distinct = new Set(keys);
      const again = keys.length - distinct.size;
      if (again > 0) faults.push(`${again} rows of events that have another row`);
      return distinct;
    },
    faults,
    sentAgain: () => 0, // the emitter counts the events that were there
    close: async () => {
      await isUp.catch(() => undefined); // a start would go on after the end
      await server.close();
    },
  };
}

async function keysIn(connectionString) {
  const { Client } = createRequire(import.meta.url)('pg');
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query(`SELECT data->>'key' AS key FROM ${SCHEMA}.tracking_events`);
    return rows.map(({ key }) => key);
  } catch (error) {
    if (error.code === UNDEFINED_TABLE) return []; // no application came to create it
    throw error;
  } finally {
    await client.end();
  }
}

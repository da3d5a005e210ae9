// @ts-check
// A PostgreSQL of its own, which is killed in turn with the application.
import { OwnPostgres } from './own-postgres.mjs';

const SCHEMA = 'chaos';
const UNDEFINED_TABLE = '42P01';

export async function openPostgres() {
  const server = await OwnPostgres.start();
  const faults = [];
  return {
    url: server.url,
    schema: SCHEMA,
    kill: () => server.kill(),
    up: () => server.up(),
    kills: () => server.kills,
    arrived: async () => {
      const keys = await keysIn(server);
      const distinct = new Set(keys);
      const again = keys.length - distinct.size;
      if (again > 0) faults.push(`${again} rows of events that have another row`);
      return distinct;
    },
    faults,
    sentAgain: () => 0, // the emitter counts the events that were there
    close: () => server.close(),
  };
}

async function keysIn(server) {
  try {
    const rows = await server.query(`SELECT data->>'key' AS key FROM ${SCHEMA}.tracking_events`);
    return rows.map(({ key }) => key);
  } catch (error) {
    if (error.code === UNDEFINED_TABLE) return []; // no application came to create it
    throw error;
  }
}

// @ts-check
// The ways in which events follow their transaction: held until it has committed, or stored in the
// outbox by the transaction itself.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { consumer } = require('nestjs-event-tracking');
const { fromPg, OutboxRelay } = require('nestjs-event-tracking/postgres');

/** The rows of a relay that was killed come back soon. */
const RELAY = { ensureTable: true, leaseMs: 3000, batchSize: 50 };

/** Options of the module, besides its backends. */
export const configurationOf = {
  held: () => ({}),
  outbox: (connectionString) => ({
    consumers: { outbox: consumer(OutboxRelay, { connectionString, ...RELAY }) },
  }),
};

/**
 * Runs `body` in a transaction of `client`. Resolves with its result once the server has confirmed
 * the commit; rejects with its error after a rollback.
 */
export const inTransaction = {
  held: (tracker, client, body) => tracker.transaction(() => committed(client, body)),
  outbox: (tracker, client, body) => committed(client, () => tracker.transaction(body, { outbox: fromPg(client) })),
};

/** How many events wait in the database. */
export const left = {
  held: async () => 0,
  outbox: async (pool) => {
    const { rows } = await pool.query('SELECT count(*)::int AS count FROM tracking_outbox');
    return rows[0].count;
  },
};

async function committed(client, body) {
  await client.query('BEGIN');
  let result;
  try {
    result = await body();
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
  await client.query('COMMIT');
  return result;
}

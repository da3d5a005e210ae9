// @ts-check
// The ways in which events follow their transaction: held until it has committed, or stored in the
// outbox by the transaction itself.

/** Options of the module, besides its backends. */
export const configurationOf = {
  held: () => ({}),
};

/**
 * Runs `body` in a transaction of `client`. Resolves with its result once the server has confirmed
 * the commit; rejects with its error after a rollback.
 */
export const inTransaction = {
  held: (tracker, client, body) => tracker.transaction(() => committed(client, body)),
};

/** How many events wait in the database. */
export const left = {
  held: async () => 0,
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

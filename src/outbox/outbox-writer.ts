import type { Envelope } from '../event/envelope';
import { originFacts, writeRecord } from '../event/event-record';
import { sqlFailure } from '../backends/postgres/sql-state';
import type { SqlClient, SqlValue } from '../sql/sql-client';
import { NotStoredException } from './not-stored.exception';
import { channelOf, CREATE_FIX, FORMAT, quoteOutbox, type OutboxTable } from './outbox-table';

/** Limits of one statement: the server parses it as a whole, and each library limits parameters. */
const MAX_ROWS = 500;
const MAX_LENGTH = 4 * 1024 * 1024;
/** Errors of the setup, by SQLSTATE. */
const FIXES: ReadonlyMap<string, string> = new Map([
  [
    '42P01',
    `its table does not exist. Fix: ${CREATE_FIX}; set another name or schema in transactions: { outbox: { schema, table } }`,
  ],
  ['42501', 'the user of the connection may not write its table. Fix: GRANT INSERT on the table to that user'],
  [
    '25006',
    'the transaction is read-only. Fix: emit with tracker.outsideTransaction(), or connect read-only transactions without an outbox',
  ],
]);
/** Line between the facts about an event and its JSON text, in a record. */
const END_OF_HEAD = '\n';

/** Inserts the events of one transaction into the table of an outbox. */
export class OutboxWriter {
  private readonly insert: string;
  private readonly channel: string;

  /** @param tracker name of the tracker whose relays take the events */
  constructor(
    private readonly tracker: string,
    place: OutboxTable,
  ) {
    this.insert = `INSERT INTO ${quoteOutbox(place)} (tracker, format, head, event) VALUES `;
    this.channel = channelOf(place);
  }

  /**
   * Inserts the events in order, and wakes the relays when the transaction commits. Rejects with
   * the error of the client.
   * @param client connection of the transaction
   */
  async write(client: SqlClient, envelopes: readonly Envelope[]): Promise<void> {
    const acceptedAt = Date.now();
    let texts: string[] = [];
    let length = 0;
    for (const envelope of envelopes) {
      const record = writeRecord(envelope, { acceptedAt, ...originFacts(envelope) });
      const end = record.indexOf(END_OF_HEAD);
      texts.push(record.slice(0, end), record.slice(end + 1));
      length += record.length;
      if (texts.length < 2 * MAX_ROWS && length < MAX_LENGTH) continue;
      await this.insertRows(client, texts);
      [texts, length] = [[], 0];
    }
    if (texts.length > 0) await this.insertRows(client, texts);
  }

  /** @param texts the head and the event of each row, in turn */
  private async insertRows(client: SqlClient, texts: readonly string[]): Promise<void> {
    const rows: string[] = [];
    for (let at = 3; at < texts.length + 3; at += 2)
      rows.push(`($1::text, ${String(FORMAT)}, $${String(at)}::text, $${String(at + 1)}::text)`);
    // One statement: a second one would be another round trip inside the transaction.
    const sql =
      `WITH stored AS (${this.insert}${rows.join(', ')} RETURNING 1) ` +
      'SELECT pg_notify($2::text, $1::text)::text AS told FROM (SELECT count(*) FROM stored) AS counted';
    const params: SqlValue[] = [this.tracker, this.channel, ...texts];
    try {
      await client.query(sql, params);
    } catch (error) {
      // All others stay as they are: applications repeat a transaction by the code of its error.
      const why = FIXES.get(sqlFailure(error).state ?? '');
      throw why === undefined ? error : NotStoredException.create(why, error);
    }
  }
}

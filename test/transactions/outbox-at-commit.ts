import { Client } from 'pg';
import type { OutboxSchema } from '../outbox/outbox-parts';
import { until } from '../support/until';

let made = 0;

/**
 * Stops commits: a deferred trigger of the table `enrolments` runs inside COMMIT, notes which
 * events the transaction sees in the outbox, and waits until the gate is opened.
 */
export class CommitGate {
  private constructor(
    private readonly schema: OutboxSchema,
    private readonly keeper: Client,
    private readonly key: number,
  ) {}

  static async before(url: string, schema: OutboxSchema): Promise<CommitGate> {
    const key = process.pid * 1000 + made++;
    const { name } = schema;
    await schema.query(`CREATE TABLE ${name}.seen (names text[])`);
    await schema.query(`CREATE FUNCTION ${name}.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${name}.seen SELECT array_agg(event::json->>'name' ORDER BY position) FROM ${name}.tracking_outbox;
      PERFORM pg_advisory_xact_lock(${String(key)});
      RETURN NULL;
    END $$`);
    await schema.query(`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON ${name}.enrolments
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${name}.at_commit()`);
    const keeper = new Client({ connectionString: url });
    await keeper.connect();
    await keeper.query(`SELECT pg_advisory_lock(${String(key)})`);
    return new CommitGate(schema, keeper, key);
  }

  /** Resolves when a transaction waits in its COMMIT. */
  async reached(): Promise<void> {
    const sql = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${String(this.key)}`;
    await until(async () => (await this.schema.query(sql)).length > 0);
  }

  /** Lets transactions commit from now on. */
  async open(): Promise<void> {
    await this.keeper.end();
  }

  /** Names of the events that the transaction saw in the outbox at its commit. */
  async seen(): Promise<unknown> {
    return (await this.schema.query(`SELECT names FROM ${this.schema.name}.seen`)).map(({ names }) => names);
  }
}

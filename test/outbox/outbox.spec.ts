import { Injectable } from '@nestjs/common';
import { backend, currentTracker, processor, type Destination, type TrackerService } from '../../src/entries';
import { fromPg, type SqlClient } from '../../src/entries/postgres';
import { createOutbox } from '../../src/outbox/create-outbox';
import { describeWithServices } from '../support/services';
import { expectBalance, RecordingLogger } from '../support/start-tracking';
import { until } from '../support/until';
import { outboxSchema, startOutbox, type OutboxSchema } from './outbox-parts';

@Injectable()
class Down implements Destination {
  sendBatch(): Promise<never> {
    return Promise.reject(new Error('down'));
  }
}

const store = (schema: OutboxSchema, tracker: TrackerService, ...names: readonly string[]): Promise<void> =>
  schema.transact((client) =>
    tracker.transaction(
      () => {
        for (const name of names) tracker.emit(name);
      },
      { outbox: fromPg(client) },
    ),
  );

describeWithServices(['postgres'], 'an outbox', ({ postgres }) => {
  it('stores the events of a transaction before it commits, and a relay sends them', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, names, ledger } = await startOutbox(schema, {});
    await schema.transact((client) =>
      tracker.transaction(
        async () => {
          tracker.emit('a');
          await client.query(`INSERT INTO ${schema.name}.enrolments VALUES ('x')`);
          tracker.emit('b');
        },
        { outbox: fromPg(client) },
      ),
    );
    await until(() => names().length === 2);
    expect(names()).toEqual(['a', 'b']);
    await until(async () => (await schema.rows()).length === 0);
    expect(ledger.tracker()).toMatchObject({ emitted: 2, held: 0, outbox: 2, relayed: 2, dropped: {} });
    expectBalance(ledger);
  });

  it('shows the rows to nobody before the commit, and leaves none after a rollback', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, ledger } = await startOutbox(schema);
    const failed = schema.transact(async (client) => {
      await tracker.transaction(() => tracker.emit('a'), { outbox: fromPg(client) });
      expect(await schema.rows()).toEqual([]);
      const own = await client.query(`SELECT event FROM ${schema.name}.tracking_outbox`);
      expect(own.rows).toHaveLength(1);
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect([await schema.rows(), ledger.tracker().outbox]).toEqual([[], 1]);
  });

  it('brings back the id, times, context and data as they were emitted', async () => {
    const schema = await outboxSchema(postgres);
    const writer = await startOutbox(schema, undefined, { clock: () => 86_400_000 });
    const data = { at: new Date(5), zero: 'a\0b', half: '\ud800', deep: [{ n: 1e300, none: null }], 'a"b': '\u2028' };
    const direct = await startOutbox(schema, undefined, { clock: () => 86_400_000 });
    direct.tracker.context({ user_id: 5 }, () => direct.tracker.emit('a', data));
    await schema.transact((client) =>
      writer.tracker.transaction(() => writer.tracker.context({ user_id: 5 }, () => writer.tracker.emit('a', data)), {
        outbox: fromPg(client),
      }),
    );
    const relay = await startOutbox(schema, {});
    await until(() => relay.names().length === 1);
    expect({ ...relay.last(), id: '' }).toEqual({ ...direct.last(), id: '' });
    expect(relay.last().timestamp).toEqual(new Date(86_400_000));
  });

  it('runs the processors where the relay runs, in the context of the event', async () => {
    const schema = await outboxSchema(postgres);
    const contexts: unknown[] = [];
    const processors = [processor(() => void contexts.push(currentTracker()?.currentContext()))];
    const { tracker, names } = await startOutbox(schema, {}, { processors });
    await tracker.context({ user_id: 5 }, () => store(schema, tracker, 'a'));
    await until(() => names().length === 1);
    expect(contexts).toEqual([{ user_id: 5 }]);
  });

  it('leaves the events of another tracker alone', async () => {
    const schema = await outboxSchema(postgres);
    await schema.query(
      `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event) VALUES ('other', 1, '', '')`,
    );
    const { tracker, names } = await startOutbox(schema, {});
    await store(schema, tracker, 'a');
    await until(() => names().length === 1);
    await until(async () => (await schema.rows()).length === 1);
    expect((await schema.rows()).map((row) => row['tracker'])).toEqual(['other']);
  });

  it('leaves rows of a newer format for a newer relay', async () => {
    const schema = await outboxSchema(postgres);
    const insert = `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event) VALUES ('default', 2, '?', '?')`;
    await schema.query(insert);
    const { tracker, names } = await startOutbox(schema, {});
    await store(schema, tracker, 'a');
    await until(() => names().length === 1);
    await until(async () => (await schema.rows()).length === 1);
    expect((await schema.rows()).map(({ head }) => head)).toEqual(['?']);
  });

  it('makes a dead letter of a row that is no event', async () => {
    const schema = await outboxSchema(postgres);
    const insert = `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event) VALUES ('default', 1, $1, $2)`;
    await schema.query(insert, ['{}', '{"name":"no id"}']);
    await schema.query(insert, [
      '{"depth":"x"}',
      '{"id":"1","name":"a","timestamp":"2026-01-01","context":{},"data":{}}',
    ]);
    await schema.query(insert, ['not json', '{}']);
    const { tracker, ledger } = await startOutbox(schema, {});
    await until(() => tracker.deadLetters.list().length === 3);
    await until(async () => (await schema.rows()).length === 0);
    expect(ledger.consumers()).toMatchObject([{ name: 'outbox', received: 3, deadLettered: 3, pending: 0 }]);
  });

  it('explains that its table does not exist, on both sides, and recovers once it does', async () => {
    const schema = await outboxSchema(postgres);
    await schema.query(`ALTER TABLE ${schema.name}.tracking_outbox RENAME TO hidden`);
    const logger = new RecordingLogger();
    const { tracker, names } = await startOutbox(schema, { pollIntervalMs: 10 }, { logger });
    await expect(store(schema, tracker, 'a')).rejects.toThrow(/its table does not exist\. Fix: .* --for outbox/);
    await until(() => logger.warnings.length > 0);
    expect(logger.warnings).toEqual([
      expect.stringMatching(/^consumers\.outbox .*cannot use its table: its table does not exist .*--for outbox/),
    ]);
    await schema.query(`ALTER TABLE ${schema.name}.hidden RENAME TO tracking_outbox`);
    await store(schema, tracker, 'b');
    await until(() => names().length === 1);
    expect(names()).toEqual(['b']);
  });

  it('creates its table with ensureTable, in several processes at once', async () => {
    const schema = await outboxSchema(postgres);
    await schema.query(`DROP TABLE ${schema.name}.tracking_outbox`);
    const started = await Promise.all([1, 2, 3].map(() => startOutbox(schema, { ensureTable: true })));
    await until(async () => (await schema.rows().catch(() => undefined)) !== undefined);
    const [{ tracker }] = started as [(typeof started)[0]];
    await store(schema, tracker, 'a');
    await until(() => started.flatMap(({ names }) => names()).length === 1);
  });

  it('creates the schema too, and needs no right to create what exists', async () => {
    const schema = await outboxSchema(postgres);
    const place = { schema: `${schema.name}_own` };
    await createOutbox(fromPg(schema.pool), place);
    const refused: string[] = [];
    const mayNotCreate: SqlClient = {
      query: (sql, params) => {
        if (sql.startsWith('CREATE SCHEMA')) {
          refused.push(sql);
          return Promise.reject(Object.assign(new Error('permission denied'), { code: '42501' }));
        }
        return fromPg(schema.pool).query(sql, params);
      },
    };
    await createOutbox(mayNotCreate, place);
    expect(refused).toEqual([]);
    await schema.query(`DROP TABLE ${place.schema}.tracking_outbox`);
    await createOutbox(mayNotCreate, place);
    expect(refused).toHaveLength(1);
    expect(await schema.query(`SELECT * FROM ${place.schema}.tracking_outbox`)).toEqual([]);
    await schema.query(`DROP SCHEMA ${place.schema} CASCADE`);
  });

  it('sends each event once, although several relays run', async () => {
    const schema = await outboxSchema(postgres);
    const relays = await Promise.all([1, 2, 3].map(() => startOutbox(schema, { batchSize: 7, pollIntervalMs: 20 })));
    const names = Array.from({ length: 200 }, (_each, at) => `e${String(at)}`);
    const { tracker } = relays[0]!;
    for (let at = 0; at < names.length; at += 20) await store(schema, tracker, ...names.slice(at, at + 20));
    const arrived = (): string[] => relays.flatMap((relay) => relay.names());
    await until(() => arrived().length >= 200);
    await until(async () => (await schema.rows()).length === 0);
    expect(arrived().sort()).toEqual([...names].sort());
  });

  it('leaves to another relay what it could not deliver when it closes', async () => {
    const schema = await outboxSchema(postgres);
    const first = await startOutbox(schema, {}, { shutdownTimeoutMs: 200, backends: { down: backend(Down) } });
    await store(schema, first.tracker, 'a', 'b');
    await until(() => first.ledger.tracker().relayed === 2);
    await first.app.close();
    const rows = await schema.query(`SELECT leased_until, attempts FROM ${schema.name}.tracking_outbox`);
    expect(rows).toEqual([
      { leased_until: null, attempts: 0 },
      { leased_until: null, attempts: 0 },
    ]);
    const second = await startOutbox(schema, {});
    await until(() => second.names().length === 2);
    expect(second.names()).toEqual(['a', 'b']);
  });

  it('takes over the rows of a process that was killed, once their lease has ended', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker, names } = await startOutbox(schema, { pollIntervalMs: 20 });
    await schema.query(
      `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event, leased_until, leased_by, attempts) ` +
        `SELECT 'default', 1, '{}', '{"id":"1","name":"killed","timestamp":"2026-01-01T00:00:00Z","context":{},"data":{}}', now() + interval '300 ms', 'gone', 1`,
    );
    await store(schema, tracker, 'a');
    await until(() => names().length === 2);
    expect(names()).toEqual(['a', 'killed']);
  });

  it('sends an event alone that has ended several processes, and buries one that ended ten', async () => {
    const schema = await outboxSchema(postgres);
    const insert = (name: string, attempts: number): Promise<unknown> =>
      schema.query(
        `INSERT INTO ${schema.name}.tracking_outbox (tracker, format, head, event, attempts) VALUES ('default', 1, '{}', $1, $2)`,
        [JSON.stringify({ id: name, name, timestamp: new Date(0), context: {}, data: {} }), attempts],
      );
    await insert('suspect', 5);
    await insert('poison', 10);
    await insert('plain', 4);
    const { tracker, names } = await startOutbox(schema, {});
    await until(async () => (await schema.rows()).length === 0);
    expect([names(), tracker.deadLetters.list().map(({ reason }) => reason)]).toEqual([
      ['plain', 'suspect'],
      ['given-up: it was given to relays 10 times, and never finished'],
    ]);
  });

  it('stores the events of a large transaction in several statements, in order', async () => {
    const schema = await outboxSchema(postgres);
    const { tracker } = await startOutbox(schema);
    const names = Array.from({ length: 1201 }, (_each, at) => `e${String(at)}`);
    let statements = 0;
    await schema.transact((client) => {
      const counting: SqlClient = {
        query: (...statement) => {
          statements++;
          return fromPg(client).query(...statement);
        },
      };
      return tracker.transaction(() => names.forEach((name) => tracker.emit(name)), { outbox: counting });
    });
    const rows = await schema.rows();
    expect(rows.map(({ event }) => (JSON.parse(event as string) as { name: string }).name)).toEqual(names);
    expect(statements).toBe(3);
  });
});

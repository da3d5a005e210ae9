import { sqlFailure } from '../../src/backends/postgres/sql-state';
import { describeWithServices } from '../support/services';
import { expectBalance } from '../support/start-tracking';
import { until } from '../support/until';
import { outboxSchema, startOutbox, type OutboxSchema } from '../outbox/outbox-parts';
import { CommitGate } from './outbox-at-commit';
import { LIBRARIES, openLibrary, WITH_SAVEPOINTS, type Library } from './outbox-libraries';
import type { BuiltTracking } from '../support/start-tracking';

interface Started extends BuiltTracking {
  readonly schema: OutboxSchema;
  transact(body: Parameters<Library['transaction']>[0]): Promise<unknown>;
}

describeWithServices(['postgres'], 'An outbox', ({ postgres }) => {
  /** An application whose transactions of one library store their events, with a relay. */
  async function start(name: string, max?: number): Promise<Started> {
    const schema = await outboxSchema(postgres);
    const library = await openLibrary(name, postgres, max);
    const { imports = [], client } = library;
    const built = await startOutbox(schema, { client }, {}, { imports });
    library.store(built.tracker);
    return Object.assign(built, {
      schema,
      transact: (body: Parameters<Library['transaction']>[0]) => library.transaction(body, built.app),
    });
  }

  const enrol = ({ schema }: Started, course: string): string =>
    `INSERT INTO ${schema.name}.enrolments VALUES ('${course}')`;

  async function courses({ schema }: Started): Promise<unknown[]> {
    return (await schema.query(`SELECT course FROM ${schema.name}.enrolments ORDER BY course`)).map(
      ({ course }) => course,
    );
  }

  /** Resolves when the relay has deleted every row. */
  async function relayed({ schema, names }: Started): Promise<string[]> {
    await until(
      async () => (await schema.rows()).length === 0,
      () => names().join(),
    );
    return names();
  }

  describe.each(Object.keys(LIBRARIES))('of %s', (name) => {
    it('has the events of a transaction before it commits, and sends them once, in order', async () => {
      const app = await start(name);
      const gate = await CommitGate.before(postgres, app.schema);
      const transaction = app.transact(async ({ query }) => {
        app.tracker.emit('a');
        await query(enrol(app, 'x'));
        app.tracker.emit('b');
        return 'result';
      });
      await gate.reached();
      expect([await app.schema.rows(), app.names(), app.ledger.tracker().held]).toEqual([[], [], 2]);
      await gate.open();
      expect(await transaction).toBe('result');
      await until(() => app.names().length > 0);
      expect([await relayed(app), await gate.seen()]).toEqual([['a', 'b'], [['a', 'b']]]);
      expect(app.ledger.tracker()).toMatchObject({ emitted: 2, outbox: 2, relayed: 2, held: 0, dropped: {} });
      expectBalance(app.ledger);
    });

    it('has neither data nor events after a rollback', async () => {
      const app = await start(name);
      const failed = app.transact(async ({ query }) => {
        app.tracker.emit('dropped');
        await query(enrol(app, 'x'));
        throw new Error('failed');
      });
      await expect(failed).rejects.toThrow('failed');
      await app.transact(async ({ query }) => {
        await query(enrol(app, 'y'));
        app.tracker.emit('sent');
      });
      await until(() => app.names().length > 0);
      expect([await relayed(app), await courses(app)]).toEqual([['sent'], ['y']]);
      expect(app.ledger.tracker().dropped).toEqual({ 'rolled-back': 1 });
      expectBalance(app.ledger);
    });

    it('rolls the data back if a statement has failed, although the body has caught its error', async () => {
      const app = await start(name);
      const failed = app.transact(async ({ query }) => {
        await query(enrol(app, 'x'));
        app.tracker.emit('dropped');
        await query('SELECT 1 / 0').catch(() => undefined);
      });
      await expect(failed).rejects.toThrow();
      expect([await courses(app), await app.schema.rows(), app.names()]).toEqual([[], [], []]);
      expect(app.ledger.tracker()).toMatchObject({ held: 0, outbox: 0, dropped: { 'rolled-back': 1 } });
    });

    it('rolls the data back if the events cannot be inserted', async () => {
      const app = await start(name);
      await app.schema.query(`ALTER TABLE ${app.schema.name}.tracking_outbox RENAME TO gone`);
      let confirmed: Promise<unknown> = Promise.resolve();
      const failed = app.transact(async ({ query }) => {
        await query(enrol(app, 'x'));
        confirmed = app.tracker.emitConfirmed('dropped');
        confirmed.catch(() => undefined);
      });
      await expect(failed).rejects.toThrow(/not stored in the outbox: its table does not exist/);
      await expect(confirmed).rejects.toThrow(/rolled back/);
      expect([await courses(app), app.ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
    });

    it('has only the events of the last run of a transaction that the application repeats', async () => {
      const app = await start(name);
      const count = `SELECT count(*) FROM ${app.schema.name}.enrolments`;
      let runs = 0;
      const run = (): Promise<unknown> =>
        app.transact(async ({ query }) => {
          runs++;
          await query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
          await query(count);
          app.tracker.emit(`run ${String(runs)}`);
          if (runs === 1) await conflict(app.schema);
          await query(enrol(app, 'mine'));
        });
      expect(await stateOf(run())).toBe('40001');
      await run();
      await until(() => app.names().length > 0);
      expect([await relayed(app), await courses(app)]).toEqual([['run 2'], ['mine', 'other']]);
    });

    it('confirms that events are stored after the commit, and rejects after a rollback', async () => {
      const app = await start(name);
      const confirm = async (fails: boolean): Promise<unknown> => {
        let confirmed: Promise<unknown> = Promise.resolve();
        const ended = app.transact(async () => {
          confirmed = app.tracker.emitConfirmed('a');
          confirmed.catch(() => undefined);
          if (fails) await Promise.reject(new Error('failed'));
        });
        await ended.catch(() => undefined);
        return confirmed;
      };
      expect(await confirm(false)).toMatchObject({ destinations: { 'transaction:outbox': 'stored' } });
      await expect(confirm(true)).rejects.toThrow(/its transaction was rolled back/);
    });

    it('leaves events that are emitted outside of the transaction alone', async () => {
      const app = await start(name);
      const failed = app.transact(async () => {
        app.tracker.outsideTransaction(() => app.tracker.emit('attempted'));
        app.tracker.emit('dropped');
        expect(app.names()).toEqual(['attempted']);
        await Promise.reject(new Error('failed'));
      });
      await expect(failed).rejects.toThrow('failed');
      expect([app.names(), await app.schema.rows()]).toEqual([['attempted'], []]);
    });

    it('keeps parallel transactions of one pool apart', async () => {
      const app = await start(name);
      const transactions = Array.from({ length: 12 }, (_, at) =>
        app.transact(async ({ query }) => {
          for (const step of ['a', 'b', 'c']) {
            app.tracker.emit(`${String(at)}${step}`);
            await query('SELECT pg_sleep(0.001)');
          }
          await query(enrol(app, String(at)));
          if (at % 3 === 0) throw new Error('failed');
        }),
      );
      await Promise.allSettled(transactions);
      await until(
        () => app.names().length === 24,
        () => app.names().join(),
      );
      const names = await relayed(app);
      const kept = [1, 2, 4, 5, 7, 8, 10, 11];
      for (const at of kept)
        expect(names.filter((each) => each.slice(0, -1) === String(at))).toEqual(
          ['a', 'b', 'c'].map((step) => `${String(at)}${step}`),
        );
      expect([names.length, (await courses(app)).length]).toEqual([24, 8]);
      expectBalance(app.ledger);
    });

    it('needs no second connection of the pool', async () => {
      const app = await start(name, 1);
      for (const event of ['a', 'b', 'c'])
        await app.transact(async ({ query }) => {
          await query(enrol(app, event));
          app.tracker.emit(event);
        });
      await until(() => app.names().length === 3);
      expect(await relayed(app)).toEqual(['a', 'b', 'c']);
    });
  });

  describe.each(WITH_SAVEPOINTS)('of %s', (name) => {
    it('lacks only the events of a savepoint that was rolled back', async () => {
      const app = await start(name);
      await app.transact(async ({ query, nested }) => {
        app.tracker.emit('a');
        await nested(async (inner) => {
          app.tracker.emit('b');
          await inner.query(enrol(app, 'b'));
        });
        const failed = nested(async (inner) => {
          app.tracker.emit('dropped');
          await inner.query(enrol(app, 'dropped'));
          await inner.query('SELECT 1 / 0');
        });
        expect(await stateOf(failed)).toBe('22012');
        app.tracker.emit('c');
        await query(enrol(app, 'c'));
      });
      await until(() => app.names().length > 0);
      expect([await relayed(app), await courses(app)]).toEqual([
        ['a', 'b', 'c'],
        ['b', 'c'],
      ]);
      expectBalance(app.ledger);
    });
  });
});

/** Returns the SQLSTATE of a rejection, however the library wraps it. */
async function stateOf(failing: Promise<unknown>): Promise<string | undefined> {
  return failing.then(
    () => undefined,
    (error: unknown) => sqlFailure(error).state,
  );
}

/** Makes the first of two serializable transactions fail at its next write or at its commit. */
function conflict({ name, transact }: OutboxSchema): Promise<unknown> {
  return transact(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
    await client.query(`SELECT count(*) FROM ${name}.enrolments`);
    await client.query(`INSERT INTO ${name}.enrolments VALUES ('other')`);
  });
}

import { Injectable, Module } from '@nestjs/common';
import { fromPg, PostgresBackend } from 'nestjs-event-tracking/postgres';
import { Pool } from 'pg';
import { backend } from '../../../src/entries';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { event, ownSchema, retryable, startPostgres, type OwnSchema } from './support';

describeWithServices(['postgres'], 'A PostgresBackend', ({ postgres }) => {
  let schema: OwnSchema;
  let options: { client: ReturnType<typeof fromPg>; schema: string; ensureTable: true };

  beforeEach(() => {
    schema = ownSchema(postgres);
    options = { client: fromPg(schema.pool), schema: schema.name, ensureTable: true };
  });

  const rows = (columns = '*', table = 'tracking_events'): ReturnType<OwnSchema['query']> =>
    schema.query(`SELECT ${columns} FROM ${schema.name}."${table}" ORDER BY id`);

  it('stores each event in a row, and fields that processors added in extra', async () => {
    const { send, backend: sink } = await startPostgres(options);
    const first = event({ position: 1.5, text: 'it\'s "é" \\ ? $1 \\u0000', list: [1, null, { at: new Date(0) }] });
    const second = { ...event(), schema: { hash: 'abc' } };
    expect(await send([first, second])).toEqual([]);
    expect(await rows()).toEqual([
      {
        ...{ id: first.id, name: 'play_video', occurred_at: first.timestamp, context: { user_id: 7 } },
        data: { ...first.data, list: [1, null, { at: '1970-01-01T00:00:00.000Z' }] },
        ...{ extra: null, received_at: expect.any(Date) },
      },
      expect.objectContaining({ id: second.id, data: {}, extra: { schema: { hash: 'abc' } } }),
    ]);
    expect(sink.duplicates).toBe(0);
  });

  it('stores an event once that is sent again, also within one batch', async () => {
    const { send, backend: sink } = await startPostgres(options);
    const events = [event(), event(), event()];
    await send(events.slice(0, 2));
    expect(await send([...events, events[2]!])).toEqual([]);
    expect(await rows('id')).toEqual(events.map(({ id }) => ({ id })));
    expect(sink.duplicates).toBe(3);
  });

  it('fills columns from fields, and leaves those empty that an event does not have', async () => {
    const columns = {
      user_id: { type: 'bigint', from: 'context.user_id' },
      'Odd "name"': { type: 'text', from: "data.it's.$deep" },
      whole: { type: 'jsonb', from: 'data.list' },
      kind: { type: 'text', from: 'name' },
      hash: { type: 'text', from: 'schema.hash' },
      at: { type: 'date', from: 'timestamp' },
    };
    const { send } = await startPostgres({ ...options, table: 'My "events"', columns, indexes: ['(user_id)'] });
    const full = { ...event({ "it's": { $deep: 'x' }, list: [1, 'a'] }), schema: { hash: 'abc' } };
    expect(await send([full, event({}, { context: {} })])).toEqual([]);
    expect(await rows('user_id, "Odd ""name""", whole, kind, hash, at::text', 'My ""events""')).toEqual([
      { user_id: '7', 'Odd "name"': 'x', whole: [1, 'a'], kind: 'play_video', hash: 'abc', at: '2026-11-24' },
      { user_id: null, 'Odd "name"': null, whole: null, kind: 'play_video', hash: null, at: '2026-11-24' },
    ]);
  });

  it('refuses only the events that PostgreSQL cannot store, with a reason that quotes no value', async () => {
    const columns = {
      user_id: { type: 'int', from: 'context.user_id' },
      code: { type: 'varchar(3)', from: 'data.code' },
      at: { type: 'timestamptz', from: 'data.at' },
      bits: { type: 'bit(3)', from: 'data.bits' },
    };
    const { send } = await startPostgres({ ...options, columns });
    await send([event()]);
    await schema.query(`ALTER TABLE ${schema.name}.tracking_events ADD CONSTRAINT no_bots CHECK (name <> 'bot')`);
    await schema.query(`CREATE UNIQUE INDEX one_code ON ${schema.name}.tracking_events (code)`);
    const bad: [ReturnType<typeof event>, RegExp][] = [
      [event({ text: 'a\0b' }), /^it contains a zero byte, which jsonb cannot store$/],
      [event({ '\ud800': 1 }), /^it contains half of a surrogate pair/],
      [event({}, { id: 'not a uuid' }), /^its id is not a UUID/],
      [event({}, { timestamp: new Date(Number.NaN) }), /^its timestamp is not a date in the years 1 to 9999$/],
      [event({}, { timestamp: new Date(8.64e15) }), /^its timestamp is not a date/],
      [event({}, { context: { user_id: 'ann' } }), /^PostgreSQL refuses the row \(SQLSTATE 22P02\)$/],
      [event({}, { context: { user_id: 2 ** 40 } }), /SQLSTATE 22003/],
      [event({ code: 'long' }), /SQLSTATE 22001/],
      [event({ bits: '1010' }), /SQLSTATE 22026/],
      [event({ at: 'yesterday evening' }), /SQLSTATE 22007/],
      [event({}, { name: 'bot' }), /SQLSTATE 23514, constraint no_bots/],
    ];
    const good = Array.from({ length: 20 }, (_, at) => event({ code: `c${at}` }));
    const twice = event({ code: 'c0' }); // another event with a value of a unique index
    const batch = [...good.slice(0, 10), ...bad.map(([each]) => each), ...good.slice(10), twice];
    const rejections = await send(batch);
    expect([...rejections].sort((a, b) => a.index - b.index)).toEqual([
      ...bad.map(([, reason], at) => ({ index: 10 + at, reason: expect.stringMatching(reason), retryable: false })),
      {
        index: 10 + bad.length + 10,
        reason: expect.stringMatching(/SQLSTATE 23505, constraint one_code/),
        retryable: false,
      },
    ]);
    expect(await rows('id')).toHaveLength(1 + good.length);
  });

  it('waits for a table, names the fix, and stores the events once there is one', async () => {
    const { send } = await startPostgres({ client: options.client, schema: schema.name });
    const events = [event()];
    await expect(send(events)).rejects.toEqual(retryable(/\(SQLSTATE 42P01\)\. Fix: create the table with the SQL/));
    await startPostgres(options).then((other) => other.send([event()]));
    expect(await send(events)).toEqual([]);
  });

  it('creates the table again after it was dropped, and columns that an older table lacks', async () => {
    const { send } = await startPostgres(options);
    await send([event()]);
    await schema.query(`DROP TABLE ${schema.name}.tracking_events`);
    await expect(send([event()])).rejects.toEqual(retryable(/42P01/));
    expect(await send([event()])).toEqual([]);
    const columns = { user_id: { type: 'int', from: 'context.user_id' } };
    const newer = await startPostgres({ ...options, columns });
    expect(await newer.send([event()])).toEqual([]);
    expect(await rows('user_id')).toEqual([{ user_id: null }, { user_id: 7 }]);
  });

  it('creates the same table from many processes at once', async () => {
    const many = await Promise.all(
      Array.from({ length: 5 }, () => startPostgres({ ...options, partitionBy: 'month' })),
    );
    await Promise.all(many.map(({ send }) => send([event()])));
    expect(await rows('id')).toHaveLength(5);
    expect(many.flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  it('stores events of each month in a partition', async () => {
    const { send, backend: sink } = await startPostgres({ ...options, partitionBy: 'month' });
    const times = [
      '2026-10-31T23:59:59.999Z',
      '2026-11-01T00:00:00Z',
      '2026-12-31T23:59:59.999Z',
      '2027-01-01T00:00:00Z',
    ];
    const events = times.map((time) => event({}, { timestamp: new Date(time) }));
    expect(await send(events)).toEqual([]);
    expect(await send(events)).toEqual([]);
    expect(sink.duplicates).toBe(4);
    expect(await rows('tableoid::regclass::text AS table')).toEqual(
      ['2026_10', '2026_11', '2026_12', '2027_01'].map((month) => ({
        table: `${schema.name}.tracking_events_${month}`,
      })),
    );
  });

  it('waits for a partition that somebody else creates', async () => {
    await (await startPostgres({ ...options, partitionBy: 'month' })).send([event()]);
    const { send } = await startPostgres({ client: options.client, schema: schema.name, partitionBy: 'month' });
    const later = event({}, { timestamp: new Date('2030-01-01') });
    await expect(send([event(), later])).rejects.toEqual(retryable(/no partition takes its month. Fix: create it/));
  });

  it('receives the events of an application, through a pool that its module provides', async () => {
    @Injectable()
    class Database {
      readonly pool = new Pool({ connectionString: postgres });
      onApplicationShutdown = (): Promise<void> => this.pool.end();
    }
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule {}
    const sink = backend(
      PostgresBackend,
      {
        inject: [Database],
        useFactory: ({ pool }: Database) => ({ client: fromPg(pool), schema: schema.name, ensureTable: true }),
      },
      { imports: [DatabaseModule] },
    );
    const { tracker, ledger } = await startTracking({ backends: { sink } });
    tracker.context({ user_id: 5 }, () => {
      for (let at = 0; at < 1200; at++) tracker.emit('seek_video', { at, text: at % 400 === 0 ? '\0' : '' });
    });
    await until(() => ledger.destination('sink')?.pending === 0);
    expect(ledger.destination('sink')).toMatchObject({ delivered: 1197, deadLettered: 3 });
    expect(await rows('data, context')).toHaveLength(1197);
  });

  it('makes a pool of its own from a URL, and closes it', async () => {
    const application = `own_pool_${schema.name}`;
    const url = `${postgres}?application_name=${application}`;
    const { send, module } = await startPostgres({ connectionString: url, schema: schema.name, ensureTable: true });
    expect(await send([event()])).toEqual([]);
    const connections = (): ReturnType<OwnSchema['query']> =>
      schema.query('SELECT 1 FROM pg_stat_activity WHERE application_name = left($1, 63)', [application]);
    expect((await connections()).length).toBeGreaterThan(0);
    await module.close();
    let left = Infinity;
    await until(() => {
      void connections().then((found) => (left = found.length));
      return left === 0;
    });
  });
});

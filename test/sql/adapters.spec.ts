import type { SqlClient } from '../../src/sql/sql-client';
import { describeWithServices } from '../support/services';
import { libraries, type Library } from './libraries';

/** What a library could take for one of its own placeholders, or fail to escape. */
const NASTY = 'it\'s "quoted" ? ?? \\? \\ $1 :name @p1 %s ${x} é 𝒳 \n \t --';

describeWithServices(['postgres'], 'A SqlClient', ({ postgres }) => {
  describe.each(Object.entries(libraries))('of %s', (title, open) => {
    const table = `sql_client_${title.replace(/\W/g, '_').toLowerCase()}_${process.pid}`;
    let library: Library;
    const query: SqlClient['query'] = (sql, params) => library.client.query(sql, params);

    beforeAll(async () => {
      library = await open(postgres);
      await query(`CREATE TABLE ${table} (id int primary key, value text, document jsonb)`);
    });

    afterAll(async () => {
      await query(`DROP TABLE IF EXISTS ${table}`);
      await library.close();
    });

    afterEach(() => query(`DELETE FROM ${table}`));

    it('passes every kind of value as it is, and returns the rows', async () => {
      const rows = await query('SELECT $1::text AS text, $2::int AS number, $3::boolean AS flag, $4::text AS nothing', [
        ...[NASTY, 7, true, null],
      ]);
      expect(rows).toEqual([{ text: NASTY, number: 7, flag: true, nothing: null }]);
    });

    it('takes a parameter twice, and question marks of the statement', async () => {
      const sql = `SELECT $2::text AS second, $1::text AS first, '?' || $2::text AS again,
        '{"a": 1}'::jsonb ? 'a' AS has`;
      expect(await query(sql, ['one', 'two'])).toEqual([{ second: 'two', first: 'one', again: '?two', has: true }]);
    });

    it('writes JSON given as text', async () => {
      const document = { [NASTY]: [NASTY, 1.5, null, { deep: true }] };
      await query(
        `INSERT INTO ${table} SELECT * FROM jsonb_to_recordset($1::text::jsonb) AS r(id int, value text, document jsonb)`,
        [JSON.stringify([{ id: 1, value: NASTY, document }])],
      );
      expect(await query(`SELECT * FROM ${table}`)).toEqual([{ id: 1, value: NASTY, document }]);
    });

    it('returns the rows of every kind of statement, and none where there are none', async () => {
      const insert = `INSERT INTO ${table} VALUES (1, 'a'), (2, 'b')`;
      expect(await query(`${insert} RETURNING id`)).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await query(`UPDATE ${table} SET value = $1`, ['c'])).toEqual([]);
      expect(await query(`UPDATE ${table} SET value = 'd' WHERE id = 1 RETURNING value`)).toEqual([{ value: 'd' }]);
      expect(await query(`DELETE FROM ${table} WHERE id = 1`)).toEqual([]);
      expect(await query(`DELETE FROM ${table} RETURNING id`)).toEqual([{ id: 2 }]);
      expect(await query(`SELECT * FROM ${table}`)).toEqual([]);
    });

    it('takes part in a transaction', async () => {
      await library.rolledBack(async (client) => {
        await client.query(`INSERT INTO ${table} VALUES (1, $1)`, ['inside']);
        expect(await client.query(`SELECT value FROM ${table}`)).toEqual([{ value: 'inside' }]);
      });
      expect(await query(`SELECT * FROM ${table}`)).toEqual([]);
    });

    it("rejects with the library's error, which names the SQLSTATE somewhere", async () => {
      const failure: unknown = await query(`SELECT * FROM no_such_table_${table}`).catch((error: unknown) => error);
      expect(codesOf(failure)).toContain('42P01');
    });
  });
});

function codesOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause, driverError } = error as Partial<Record<string, unknown>>;
  return [code, ...codesOf(cause), ...(driverError === error ? [] : codesOf(driverError))];
}

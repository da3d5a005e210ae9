import { PostgresBackend, type PostgresBackendOptions } from 'nestjs-event-tracking/postgres';
import type { TrackingConfigException } from '../../../src/entries';

const client = { query: (): Promise<[]> => Promise.resolve([]) };

function errorsOf(options: unknown): string[] {
  try {
    new PostgresBackend(options as PostgresBackendOptions);
    return [];
  } catch (error) {
    return (error as TrackingConfigException).errors.map(({ path, what, fix }) => `${path}: ${what} | ${fix}`);
  }
}

describe('PostgresBackend, for its options,', () => {
  it.each<[PostgresBackendOptions]>([
    [{ client }],
    [{ connectionString: 'postgres://127.0.0.1/db' }],
    [{ client, schema: 'My "schema"', table: 'events of 2026', catalogTable: false, indexes: false }],
    [{ client, indexes: ['(user_id)', 'USING gin (data jsonb_path_ops)', "((context->>'user_id'))"] }],
    [{ client, columns: { amount: { type: 'numeric(10, 2)', from: 'data.amount' } }, partitionBy: 'month' }],
    [
      {
        client,
        columns: {
          tags: { type: 'text[]', from: 'data.tags' },
          at: { type: 'timestamp with time zone', from: 'data.at' },
        },
      },
    ],
    [{ client, ensureTable: true, expireAfterDays: 0.5 }],
    [{ client, connectionString: undefined, table: undefined, columns: undefined }],
  ])('takes %j', (options) => {
    expect(errorsOf(options)).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /client is missing; expected a client, or a connectionString.*fromTypeOrm\(dataSource\)/],
    [{ client, connectionString: 'postgres://h/d' }, /client and connectionString are both set/],
    [{ client: {} }, /client is an object; expected a client: an object with query\(\)/],
    [{ connectionString: '' }, /connectionString is not a non-empty string/],
    [{ client, table: '' }, /table is ""; expected a name of at most 63 bytes/],
    [{ client, table: 'é'.repeat(32) }, /table is .*; expected a name/],
    [{ client, table: 'a$1' }, /expected a name/],
    [{ client, schema: 'a?' }, /schema is .*expected a name/],
    [{ client, schema: 'a\0' }, /expected a name/],
    [{ client, columns: [] }, /columns is a list of 0; expected an object of columns/],
    [{ client, columns: { id: { type: 'int', from: 'data.id' } } }, /columns\.id is a column that every table has/],
    [
      { client, columns: { a: 'int' } },
      /columns\.a is a string of 3 characters; expected an object with type and from/,
    ],
    [{ client, columns: { a: { from: 'data.a' } } }, /columns\.a\.type is missing/],
    [
      { client, columns: { a: { type: 'int; DROP TABLE x', from: 'data.a' } } },
      /columns\.a\.type is .*; expected a type/,
    ],
    [
      { client, columns: { a: { type: 'text NOT NULL', from: 'data.a' } } },
      /columns\.a\.type is .*; expected a type of PostgreSQL, without constraints and defaults.*the rest in a migration/,
    ],
    [
      { client, columns: { a: { type: 'text[]', from: 'name' } } },
      /columns\.a has the type of a list, and "name" is never one/,
    ],
    [{ client, columns: { a: { type: 'int', from: 'data..a' } } }, /columns\.a\.from is .*; expected a path/],
    [{ client, columns: { a: { type: 'int', from: 'data.a?' } } }, /expected a path/],
    [
      { client, columns: { a: { type: 'int', from: 'data.a', index: true } } },
      /columns\.a has an unknown option "index"/,
    ],
    [{ client, indexes: ['user_id'] }, /indexes\[0\] is .*; expected SQL that begins with \( or USING/],
    [{ client, indexes: ['(a); DROP TABLE x'] }, /indexes\[0\]/],
    [{ client, indexes: true }, /indexes is true; expected a list or false/],
    [{ client, partitionBy: 'day' }, /partitionBy is .*; expected "month"/],
    [{ client, expireAfterDays: 0 }, /expireAfterDays is 0; expected a number/],
    [{ client, ensureTable: 'yes' }, /ensureTable is "yes"; expected true or false/],
    [{ client, host: 'h' }, /unknown option "host".*connectionString: process\.env\.DATABASE_URL/],
    [{ client, delivery: {} }, /unknown option "delivery".*move it to the third argument/],
  ])('refuses %j, and says what fixes it', (options, fault) => {
    expect(errorsOf(options)).toEqual([expect.stringMatching(fault)]);
  });

  it('does not show the URL, which contains a password', () => {
    expect(errorsOf({ client, connectionString: 'postgres://ann:secret@h/d' }).join()).not.toContain('secret');
    expect(errorsOf({ connectionString: ['secret'] }).join()).not.toContain('secret');
  });
});

import fc from 'fast-check';
import { castOf, isListType, isType } from '../../../src/backends/postgres/type-name';
import { describeWithServices } from '../../support/services';
import { ownSchema } from './support';

/** Types, each with the type to which a field is cast. */
const TYPES: Readonly<Record<string, string>> = {
  text: 'text',
  BIGINT: 'BIGINT',
  int4: 'int4',
  'double precision': 'double precision',
  'double  precision': 'double  precision',
  'numeric(10, 2)': 'numeric',
  'numeric (3,-2)': 'numeric',
  'decimal(3)': 'decimal',
  'float(3)': 'float',
  'varchar(3)': 'text',
  'character varying(20)': 'text',
  'CHAR(2)': 'text',
  bpchar: 'text',
  'national character varying (3)': 'text',
  'nchar varying(3)': 'text',
  'pg_catalog.varchar(3)': 'text',
  bit: 'varbit',
  'bit(3)': 'varbit',
  'bit varying(3)': 'bit varying',
  date: 'date',
  'time (2) with time zone': 'time with time zone',
  'timestamp with time zone': 'timestamp with time zone',
  'timestamp(3) without time zone': 'timestamp without time zone',
  'timestamptz(3)': 'timestamptz',
  interval: 'interval',
  'interval(3)': 'interval',
  'interval year to month': 'interval year to month',
  'interval day to second(3)': 'interval day to second',
  'pg_catalog.int4': 'pg_catalog.int4',
  'pg_catalog . "int4"': 'pg_catalog . "int4"',
  '"int4"': '"int4"',
  jsonb: 'jsonb',
  uuid: 'uuid',
};
/** What is no part of a type. */
const REST = [
  ...['NOT NULL', 'not null', 'NULL', 'DEFAULT 0', "default 'a'", 'UNIQUE', 'PRIMARY KEY', 'COLLATE "C"', '"C"'],
  ...['GENERATED ALWAYS AS IDENTITY', 'REFERENCES users', 'CHECK (true)', 'CONSTRAINT a', 'STORAGE external'],
  ...[';', '; DROP TABLE a', ', b int', '--', '/*', "'", '= 1', ')', 'x', '[', '[-1]', '[][]', ' '],
];

describe('isType', () => {
  it.each(Object.entries(TYPES))('takes %s, and casts to %s', (type, cast) => {
    expect([isType(type), isListType(type), castOf(type)]).toEqual([true, false, { type: cast, isList: false }]);
  });

  it.each(Object.entries(TYPES))('takes a list of %s, and casts its elements to %s', (type, cast) => {
    for (const list of [`${type}[]`, `${type} [3]`])
      expect([isType(list), isListType(list), castOf(list)]).toEqual([true, true, { type: cast, isList: true }]);
  });

  it('refuses a type with a constraint, a default or other SQL behind it', () => {
    const types = fc.constantFrom(...Object.keys(TYPES), ...Object.keys(TYPES).map((type) => `${type}[]`));
    fc.assert(fc.property(types, fc.constantFrom(...REST), (type, rest) => !isType(`${type} ${rest}`)));
  });

  it.each([
    ...['', ' ', '3', 'NOT NULL', 'default', 'UNIQUE', 'PRIMARY KEY', 'check(a)', 'int[][]', 'int[3][3]', '[]'],
    ...['serial', 'BIGSERIAL', 'smallserial', 'serial8', 'SETOF text', 'text[];', 'a.', '.a', 'a b', 'time zone'],
    ...['timestamp with zone', 'interval day to', 'numeric()', 'numeric(a b)', '"a', '"a?"', '"$1"', '"a\\b"', 'a$1'],
  ])('refuses %j', (type) => {
    expect(isType(type)).toBe(false);
  });

  it.each([undefined, null, 7, ['text']])('refuses %j, which is no string', (type) => {
    expect(isType(type)).toBe(false);
  });
});

describeWithServices(['postgres'], 'isType', ({ postgres }) => {
  it('takes only what PostgreSQL takes as the type of a column', async () => {
    const { name, query } = ownSchema(postgres);
    await query(`CREATE SCHEMA ${name}`);
    const columns = Object.keys(TYPES).flatMap((type, at) => [`a${at} ${type}`, `b${at} ${type}[]`]);
    expect(await query(`CREATE TABLE ${name}.types (${columns.join(', ')})`)).toEqual([]);
    const casts = Object.values(TYPES).map((cast, at) => `NULL::${cast} AS a${at}`);
    expect(await query(`SELECT ${casts.join(', ')}`)).toHaveLength(1);
  });
});

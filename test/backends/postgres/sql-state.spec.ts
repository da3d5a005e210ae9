import fc from 'fast-check';
import { refusalOf, reasonOf } from '../../../src/backends/postgres/send-errors';
import { isWithoutPartition, judgeState, sqlFailure } from '../../../src/backends/postgres/sql-state';

/** Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html that concern a row. */
const REFUSED = ['21', '22', '23', '44', '54', 'P0'];
/** All others of that page. */
const PASSING = [
  ...['00', '01', '02', '03', '08', '09', '0A', '0B', '0F', '0L', '0P', '0Z', '10', '20', '24', '25', '26', '27'],
  ...['28', '2B', '2D', '2F', '34', '38', '39', '3B', '3D', '3F', '40', '42', '53', '55', '57', '58', '72', 'F0'],
  ...['HV', 'XX'],
];
/** Codes that an operator meets, and that must never cost an event. */
const RETRIED = {
  '08006': 'connection failure',
  '25006': 'read-only standby',
  '28P01': 'wrong password',
  '40001': 'serialization failure',
  '40P01': 'deadlock',
  '42501': 'no permission',
  '42P01': 'no table',
  '42703': 'no column',
  '53100': 'disk full',
  '53200': 'out of memory',
  '53300': 'too many connections',
  '55P03': 'lock not available',
  '57014': 'statement timeout',
  '57P01': 'admin shutdown',
  '57P02': 'crash shutdown',
  '57P03': 'cannot connect now',
  '58030': 'I/O error',
  XX000: 'internal error',
};

const rest = fc.stringMatching(/^[\dA-Z]{3}$/);

describe('judgeState', () => {
  it.each(REFUSED)('refuses the row for every code of class %s', (start) => {
    fc.assert(fc.property(rest, (end) => judgeState(start + end).isRefused));
  });

  it.each(PASSING)('retries for every code of class %s', (start) => {
    fc.assert(fc.property(rest, (end) => !judgeState(start + end).isRefused));
  });

  it.each(Object.entries(RETRIED))('retries for %s (%s)', (state) => {
    expect(judgeState(state).isRefused).toBe(false);
  });

  it('retries for every code of a class that it does not know', () => {
    const unknown = fc.stringMatching(/^[\dA-Z]{5}$/).filter((state) => !REFUSED.includes(state.slice(0, 2)));
    fc.assert(fc.property(unknown, (state) => !judgeState(state).isRefused));
  });
});

const driverError = Object.assign(new Error('invalid input: "secret"'), { code: '22P02', column: 'age', table: 't' });

describe('sqlFailure', () => {
  it.each<[string, unknown]>([
    ['pg', driverError],
    ['TypeORM', Object.assign(new Error('query failed'), { code: '22P02', driverError, column: 'age', table: 't' })],
    ['Drizzle', new Error('Failed query: params: secret', { cause: driverError })],
    ['an error in an error', new Error('one', { cause: Object.assign(new Error('two'), { driverError }) })],
  ])('finds the facts in an error of %s', (_library, error) => {
    expect(sqlFailure(error)).toMatchObject({ state: '22P02', column: 'age', constraint: undefined, table: 't' });
  });

  it.each<[string, object]>([
    ['the engine', { code: 'P2010', meta: { code: '22P02', message: 'secret' } }],
    ['an adapter', { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '22P02' } } } }],
  ])('finds the SQLSTATE in an error of Prisma with %s', (_kind, facts) => {
    expect(sqlFailure(Object.assign(new Error('Raw query failed'), facts)).state).toBe('22P02');
  });

  it.each(['ECONNREFUSED', 'EPIPE', 'P2010', 'ETIME', '22p02', '', 22_005])('takes %p for no SQLSTATE', (code) => {
    expect(sqlFailure(Object.assign(new Error('broken'), { code })).state).toBeUndefined();
  });

  it('ends for an error that contains itself', () => {
    const error = new Error('loop') as Error & { cause?: unknown };
    error.cause = error;
    expect(sqlFailure(error).state).toBeUndefined();
    error.cause = new Error('inner', { cause: error });
    expect(sqlFailure(error).state).toBeUndefined();
    expect([undefined, null, 'text', 5].map((each) => sqlFailure(each).state)).toEqual(Array(4).fill(undefined));
  });
});

describe('reasonOf and refusalOf', () => {
  it('name codes, columns and constraints, and never quote a message of the server', () => {
    expect(refusalOf(driverError)).toBe('PostgreSQL refuses the row (SQLSTATE 22P02, column age)');
    expect(reasonOf(Object.assign(new Error('secret'), { code: '53300' }))).toBe(
      'PostgreSQL did not take the batch (SQLSTATE 53300). Fix: raise max_connections of the server, or lower the size of the pools',
    );
    expect(reasonOf(new Error('Failed query: params: secret', { cause: new Error('secret') }))).toBe(
      'PostgreSQL was not reached (Error)',
    );
    expect(refusalOf(new Error('secret'))).toBeUndefined();
  });

  it('show what a driver says about a connection', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    expect(reasonOf(new Error('Failed query: secret', { cause: refused }))).toBe(
      'PostgreSQL was not reached (connect ECONNREFUSED 127.0.0.1:5432)',
    );
    expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe(
      'PostgreSQL was not reached (ECONNREFUSED)',
    );
  });

  it('name the index of a unique constraint through Prisma', () => {
    const cause = { originalCode: '23505', kind: 'UniqueConstraintViolation', constraint: { index: 'one_code' } };
    const error = Object.assign(new Error(), { code: 'P2010', meta: { driverAdapterError: { cause } } });
    expect(refusalOf(error)).toBe('PostgreSQL refuses the row (SQLSTATE 23505, constraint one_code)');
  });
});

const ROW = 'Failing row contains (0192f000-0000-7000-8000-000000000001, a) = (b, 2026-11-24 12:00:00+00, {}, {})';

describe('isWithoutPartition', () => {
  const judge = (facts: object): boolean =>
    isWithoutPartition(sqlFailure(Object.assign(new Error(), { code: '23514', ...facts })));

  it.each<[string, object]>([
    ['the function of the server', { routine: 'ExecFindPartition', message: 'keine Partition' }],
    ['the function that checks one partition', { routine: 'ExecPartitionCheckEmitError', table: 't' }],
    ['a table without a constraint', { table: 't' }],
    ['an English message', { message: 'no partition of relation "t" found for row' }],
    ['a message about one partition', { message: 'new row for relation "t_1" violates partition constraint' }],
    ['the key of the partition', { message: 'x', detail: 'Schlüssel: (occurred_at) = (2026-11-24 12:00:00+00).' }],
    [
      'a message of the engine of Prisma',
      { message: 'ERROR: keine\nDETAIL: Partition key of the failing row contains (occurred_at) = (2026-11-24).' },
    ],
  ])('recognizes it by %s', (_sign, facts) => {
    expect(judge(facts)).toBe(true);
  });

  it.each<[string, object]>([
    ['a constraint', { routine: 'ExecConstraints', table: 't', constraint: 'c' }],
    ['a constraint of a library that leaves the function out', { table: 't', constraint: 'c' }],
    ['a trigger that names its table', { routine: 'exec_stmt_raise', table: 't' }],
    ['a message about a check constraint', { message: 'new row for relation "t" violates check constraint "c"' }],
    ['a row that contains what looks like a key', { message: 'x', detail: ROW }],
    ['a message of the engine of Prisma', { message: `ERROR: x "c"\nDETAIL: ${ROW}` }],
    ['another code', { code: '23505', routine: 'ExecFindPartition' }],
    ['no facts', {}],
  ])('does not recognize it by %s', (_sign, facts) => {
    expect(judge(facts)).toBe(false);
  });
});

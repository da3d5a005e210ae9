import { InvalidArgumentError, Option } from 'commander';
import { isName } from '../../backends/postgres/identifiers';
import { monthOf, nextMonth, type Month } from '../../backends/postgres/month';
import {
  CATALOG_TABLE,
  catalogTableSql,
  EVENT_TABLE,
  eventTableSql,
  indexesOf,
  partitionSql,
  schemaSql,
} from '../../backends/postgres/table-sql';
import { isType } from '../../backends/postgres/type-name';
import { OUTBOX_TABLE, outboxTableSql } from '../../outbox/outbox-table';
import type { AddCommand } from '../command';

type Columns = Readonly<Record<string, { readonly type: string }>>;

interface Options {
  readonly for: 'backend' | 'outbox';
  readonly schema?: string;
  readonly table?: string;
  readonly catalogTable: string;
  readonly column: Columns;
  readonly partitionBy?: 'month';
  readonly months: number;
}

export const addSql: AddCommand = (program, terminal) => {
  program
    .command('sql')
    .description('Prints the SQL that creates the tables of PostgresBackend or of an outbox. Never runs it.')
    .addOption(new Option('--dialect <name>', 'the database').choices(['postgres']).makeOptionMandatory())
    .addOption(
      new Option('--for <use>', 'what the tables are for: PostgresBackend, or the outbox of transactions')
        .choices(['backend', 'outbox'])
        .default('backend'),
    )
    .option('--schema <name>', 'the schema of the tables; by default the first of the search_path', nameOf)
    .option(
      '--table <name>',
      `the table for the events (default: ${EVENT_TABLE}; for the outbox ${OUTBOX_TABLE})`,
      nameOf,
    )
    .option('--catalog-table <name>', 'the table for the documents of the catalog', nameOf, CATALOG_TABLE)
    .option('--column <name=type>', 'a further column; can be repeated', columnOf, {})
    .addOption(new Option('--partition-by <unit>', 'a partition for each month of occurred_at').choices(['month']))
    .option('--months <number>', 'the number of partitions, from this month on', monthsOf, 12)
    .addHelpText('after', '\nExit codes: 0 the SQL was printed; 2 the command failed.')
    .action((options: Options) => {
      terminal.out(
        statementsOf(options, monthOf(new Date()))
          .map((sql) => `${sql};`)
          .join('\n\n'),
      );
    });
};

function statementsOf(options: Options, from: Month): readonly string[] {
  const { schema, table, catalogTable, column: columns, partitionBy, months } = options;
  const inSchema = schema === undefined ? [] : [schemaSql(schema)];
  if (options.for === 'outbox') return [...inSchema, outboxTableSql({ schema, table })];
  const shape = { schema, table, columns, partitionBy };
  const partitions: string[] = [];
  if (partitionBy !== undefined)
    for (let month = from; partitions.length < months; month = nextMonth(month))
      partitions.push(partitionSql(shape, month));
  return [
    ...inSchema,
    eventTableSql(shape),
    ...indexesOf(shape).map(({ sql }) => sql),
    ...partitions,
    catalogTableSql(schema, catalogTable),
  ];
}

function nameOf(given: string): string {
  if (!isName(given)) throw new InvalidArgumentError('Expected a name of at most 63 bytes, without ?, \\ or $1.');
  return given;
}

function columnOf(given: string, columns: Columns): Columns {
  const [, name = '', type = ''] = /^([^=]+)=(.+)$/.exec(given) ?? [];
  if (!isName(name) || !isType(type))
    throw new InvalidArgumentError(
      'Expected a name and a type, without constraints and defaults, such as user_id=bigint.',
    );
  return { ...columns, [name]: { type } };
}

function monthsOf(given: string): number {
  const months = Number(given);
  if (!(Number.isInteger(months) && months >= 1 && months <= 1200))
    throw new InvalidArgumentError('Expected a whole number from 1 to 1200.');
  return months;
}

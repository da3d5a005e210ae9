import type { MisplacedOptions, OptionPlace, OptionRules } from '../../common/option-place';
import { checked, flag, listOrFalse, number, oneOf, value } from '../../common/option-rules';
import { showName, showValue } from '../../common/show-value';
import { isObject } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';
import { checkConnection, CLIENT_FIX, CONNECTION_RULES, nameRule, type PostgresConnection } from './connection-rules';
import { isName, isPath } from './identifiers';
import { NEVER_LISTS } from './insert-sql';
import type { PostgresColumn } from './table-sql';
import { isListType, isType } from './type-name';

export interface PostgresBackendOptions extends PostgresConnection {
  /** Schema of the tables.  @default the first of the connection's search_path */
  readonly schema?: string | undefined;
  /** Table for the events.  @default 'tracking_events' */
  readonly table?: string | undefined;
  /**
   * Table for the documents of the catalog, with `documentation: true`; false keeps none.
   * @default 'tracking_catalog'
   */
  readonly catalogTable?: string | false | undefined;
  /** Further columns by name, each filled from a field of the event.  @default none */
  readonly columns?: Readonly<Record<string, PostgresColumn>> | undefined;
  /**
   * Indexes that `ensureTable` creates, in addition to those on name and time and on time: the SQL
   * that follows `CREATE INDEX … ON table`. false creates none at all.
   * @default []
   */
  readonly indexes?: readonly string[] | false | undefined;
  /**
   * 'month' for a table that is partitioned by the month of `occurred_at`, in UTC.
   * @default none
   */
  readonly partitionBy?: 'month' | undefined;
  /**
   * True to create the tables, missing columns, indexes and partitions.
   * @default false: a migration creates them
   */
  readonly ensureTable?: boolean | undefined;
  /**
   * Age in days after which events are removed, once an hour. A partition is dropped as a whole,
   * when its last event is that old.
   * @default never
   */
  readonly expireAfterDays?: number | undefined;
}

const EXAMPLE = "backend(PostgresBackend, { connectionString: 'postgres://app@db.example.com/app' })";
const COLUMNS_FIX = "columns: { user_id: { type: 'bigint', from: 'context.user_id' } }";
const INDEXES_FIX = "indexes: ['(user_id, occurred_at)', 'USING gin (data)']";
/** Options that users look for here, and that belong to the URL. */
const OF_URL = ['url', 'host', 'port', 'user', 'username', 'password', 'database'];

/** Columns that every table has. */
const STANDARD = ['id', 'name', 'occurred_at', 'context', 'data', 'extra', 'received_at'];
const INDEX = /^\s*(\(|using\s)[^;]+$/i;
const isIndex = (index: unknown): boolean => typeof index === 'string' && INDEX.test(index);

const RULES: OptionRules<PostgresBackendOptions> = {
  ...CONNECTION_RULES,
  schema: nameRule('tracking'),
  table: nameRule('tracking_events'),
  catalogTable: nameRule('tracking_catalog', (given) => given === false),
  columns: checked('an object of columns', checkColumns, { fix: COLUMNS_FIX }),
  indexes: listOrFalse(value('SQL that begins with ( or USING, without ;', isIndex, { show: showName }), {
    fix: INDEXES_FIX,
  }),
  partitionBy: oneOf(['month']),
  ensureTable: flag({ fix: 'ensureTable: true, or leave it out and create the table by a migration' }),
  expireAfterDays: number({ above: 0, max: 36_500 }, { fix: 'expireAfterDays: 90, or leave it out to keep events' }),
};

/** Checks the options of a PostgresBackend. @throws TrackingConfigException with all errors */
export function checkPostgresOptions(options: PostgresBackendOptions): void {
  const misplaced = Object.fromEntries(OF_URL.map((option) => [option, CLIENT_FIX])) as MisplacedOptions;
  const check = backendOptionChecker('PostgresBackend', EXAMPLE, misplaced);
  check.read(options, RULES, (given) => {
    checkConnection(given, check);
  });
  check.throwIfAny();
}

function checkColumns(columns: unknown, place: OptionPlace): void {
  if (!isObject(columns)) {
    place.reject(showValue(columns), 'an object of columns');
    return;
  }
  for (const [column, given] of Object.entries(columns)) {
    const at = place.inside(column);
    if (!isName(column)) at.add('is not a name that PostgreSQL and all libraries accept.');
    else if (STANDARD.includes(column)) at.add('is a column that every table has.', 'choose another name');
    if (!isObject(given)) at.reject(showValue(given), 'an object with type and from');
    else {
      at.checkOptions(given, COLUMN_RULES);
      const { type, from } = given;
      if (isType(type) && isListType(type) && NEVER_LISTS.some((each) => each === from))
        at.add(`has the type of a list, and "${String(from)}" is never one.`, "from: 'data.tags'");
    }
  }
}

const COLUMN_RULES: OptionRules<PostgresColumn> = {
  type: value('a type of PostgreSQL, without constraints and defaults', isType, {
    ...{ fix: "type: 'text', and the rest in a migration", isRequired: true, show: showName },
  }),
  from: value('a path to a field of the event', isPath, {
    ...{ fix: "from: 'context.user_id'", isRequired: true, show: showName },
  }),
};

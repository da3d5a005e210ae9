import type { mongo } from 'mongoose';
import type { StoredEvent } from '../../event/tracking-event';
import {
  showChoice,
  showName,
  showOption,
  showValue,
  TrackingConfigException,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';
import { isAsyncFunction } from '../../routing/tree-plan';

/** Index of the application: its key, and all other index options of MongoDB. */
export type MongoIndex = mongo.IndexDescription;

export interface MongoBackendOptions {
  /**
   * Name of the connection, as in `MongooseModule.forRoot(url, { connectionName })`.
   * @default the connection without a name
   */
  readonly connectionName?: string | undefined;
  /** Name of the database.  @default the database of the connection */
  readonly database?: string | undefined;
  /** Name of the collection for the events.  @default 'events' */
  readonly collection?: string | undefined;
  /**
   * Name of the collection for the documents of the catalog, with `documentation: true`; false
   * keeps none.
   * @default 'event_catalog'
   */
  readonly catalogCollection?: string | false | undefined;
  /**
   * Indexes created in the background, in addition to those on `timestamp` and `name`. false
   * creates none at all.
   * @default []
   */
  readonly indexes?: readonly MongoIndex[] | false | undefined;
  /** Age in seconds after which MongoDB removes events.  @default never */
  readonly expireAfterSeconds?: number | undefined;
  /**
   * True to create the collection as a time series if it does not exist. Events in a time series
   * are not unique: an event that is sent again is stored twice.
   * @default false
   */
  readonly timeSeries?: boolean | undefined;
  /**
   * Field of a time series that groups events: `name`, or a field that `transform` creates.
   * @default none
   */
  readonly metaField?: string | undefined;
  /**
   * Granularity of a time series: the typical interval between events with the same `metaField`.
   * @default 'seconds'
   */
  readonly granularity?: 'seconds' | 'minutes' | 'hours' | undefined;
  /**
   * Write concern of the inserts.
   * @default the write concern of the connection's URL, or else { w: 1 }
   */
  readonly writeConcern?: mongo.WriteConcernSettings | undefined;
  /**
   * Returns the document for an event. It must be synchronous and must not change the event. `_id`
   * is always the event's id. An event becomes a dead letter if the function returns a promise, a
   * value that is not an object, or values that MongoDB cannot store.
   * @default name, timestamp, context, data, and fields added by processors
   */
  readonly transform?: ((event: StoredEvent) => object) | undefined;
}

const GRANULARITIES: readonly unknown[] = ['seconds', 'minutes', 'hours'];
const KNOWN = [
  'connectionName',
  'database',
  'collection',
  'catalogCollection',
  'indexes',
  'expireAfterSeconds',
  'timeSeries',
  'metaField',
  'granularity',
  'writeConcern',
  'transform',
];

/** Validates the options. @throws TrackingConfigException with all errors */
export function checkMongoOptions(options: MongoBackendOptions): void {
  const faults = isObject(options) ? faultsOf(options) : [noObjectFault(options)];
  if (faults.length > 0) throw TrackingConfigException.create(faults);
}

function faultsOf(options: MongoBackendOptions): readonly ConfigError[] {
  return [
    ...textFaults(options),
    ...indexFaults(options),
    ...timeFaults(options),
    ...writeFaults(options),
    ...Object.keys(options)
      .filter((name) => !KNOWN.includes(name))
      .map((name) =>
        fault(`the option ${showOption(name, KNOWN)} is unknown; known are ${KNOWN.join(', ')}.`, mendOfUnknown(name)),
      ),
  ];
}

/** Valid names: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
const NAMES = {
  connectionName: /./s,
  database: /^[^/\\. "$*<>:|?\0]{1,63}$/,
  collection: /^(?!system\.)[^$\0]+$/,
  catalogCollection: /^(?!system\.)[^$\0]+$/,
  metaField: /^[^$.\0][^.\0]*$/,
};

function textFaults(options: MongoBackendOptions): readonly ConfigError[] {
  return (['connectionName', 'database', 'collection', 'catalogCollection', 'metaField'] as const).flatMap((name) => {
    const value: unknown = options[name];
    if (value === undefined || (name === 'catalogCollection' && value === false)) return [];
    if (typeof value === 'string' && NAMES[name].test(value)) return [];
    return [
      fault(
        `${name} is ${showName(value)}, not a name that MongoDB takes.`,
        `leave it out, or give one: ${name}: 'events'`,
      ),
    ];
  });
}

function indexFaults({ indexes }: MongoBackendOptions): readonly ConfigError[] {
  const fix = "indexes: [{ key: { 'context.user_id': 1 } }]";
  if (indexes === undefined || indexes === false) return [];
  if (!Array.isArray(indexes)) return [fault(`indexes is ${showValue(indexes)}, neither a list nor false.`, fix)];
  return indexes.flatMap((index: unknown, at) =>
    isObject(index) && isObject((index as Partial<MongoIndex>).key)
      ? []
      : [fault(`indexes[${String(at)}] is ${showValue(index)}, not an object with a key.`, fix)],
  );
}

function timeFaults(options: MongoBackendOptions): readonly ConfigError[] {
  const { timeSeries, expireAfterSeconds, granularity } = options;
  const faults: ConfigError[] = [];
  if (timeSeries !== undefined && typeof timeSeries !== 'boolean')
    faults.push(fault(`timeSeries is ${showValue(timeSeries)}; it can be true or false.`, 'leave it out (false)'));
  for (const name of ['metaField', 'granularity'] as const) {
    if (options[name] !== undefined && timeSeries !== true)
      faults.push(fault(`${name} is given, but only a time series has one.`, 'leave it out, or add timeSeries: true'));
  }
  if (granularity !== undefined && !GRANULARITIES.includes(granularity))
    faults.push(
      fault(
        `granularity is ${showChoice(granularity, GRANULARITIES)}; it can be ${GRANULARITIES.join(', ')}.`,
        'leave it out',
      ),
    );
  // MongoDB accepts only signed 32-bit numbers.
  const isAge =
    Number.isInteger(expireAfterSeconds) && Number(expireAfterSeconds) >= 1 && Number(expireAfterSeconds) < 2 ** 31;
  if (expireAfterSeconds !== undefined && !isAge)
    faults.push(
      fault(
        `expireAfterSeconds is ${showValue(expireAfterSeconds)}, not a whole number from 1 to 2147483647.`,
        'expireAfterSeconds: 30 * 86_400, or leave it out to keep events',
      ),
    );
  return faults;
}

function writeFaults({ writeConcern, transform }: MongoBackendOptions): readonly ConfigError[] {
  const faults: ConfigError[] = [];
  if (writeConcern !== undefined && !isObject(writeConcern))
    faults.push(fault(`writeConcern is ${showValue(writeConcern)}, not an object.`, "writeConcern: { w: 'majority' }"));
  else if (writeConcern?.w === 0)
    faults.push(
      fault(
        'writeConcern.w is 0: MongoDB would not say what it has taken, and events would be lost unseen.',
        "leave it out ({ w: 1 }), or writeConcern: { w: 'majority' }",
      ),
    );
  const example = 'transform: ({ name, data }) => ({ name, data })';
  if (transform !== undefined && typeof transform !== 'function')
    faults.push(fault(`transform is ${showValue(transform)}, not a function.`, example));
  else if (isAsyncFunction(transform))
    faults.push(
      fault(
        'transform is an async function, but its result is not awaited.',
        `${example}; what has to be awaited belongs in an AsyncProcessor of an AsyncRoutingBackend around this one`,
      ),
    );
  return faults;
}

/**
 * Returns the fix for an unknown option. Options that users look for here often belong to the
 * connection.
 */
function mendOfUnknown(name: string): string {
  return ['url', 'uri', 'host', 'port', 'user', 'password', 'username'].includes(name)
    ? 'give it to the connection: { imports: [MongooseModule.forRoot(url, { lazyConnection: true })] }'
    : unknownBackendOptionFix(name, KNOWN);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function noObjectFault(options: unknown): ConfigError {
  return fault(
    `the options are ${showValue(options)}, not an object.`,
    "backend(MongoBackend, { collection: 'events' })",
  );
}

function fault(what: string, fix: string): ConfigError {
  return { path: 'MongoBackend', what, fix };
}

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

/** An index of the application's own: its key, and whatever else MongoDB takes for one. */
export type MongoIndex = mongo.IndexDescription;

export interface MongoBackendOptions {
  /** As in `MongooseModule.forRoot(url, { connectionName })`.  @default the connection without a name */
  readonly connectionName?: string | undefined;
  /** @default the connection's own */
  readonly database?: string | undefined;
  /** @default 'events' */
  readonly collection?: string | undefined;
  /** Where the documents of the catalog are kept, with `documentation: true`; false keeps none.  @default 'event_catalog' */
  readonly catalogCollection?: string | false | undefined;
  /** Made in the background, besides those on `timestamp` and `name`; false makes none at all.  @default [] */
  readonly indexes?: readonly MongoIndex[] | false | undefined;
  /** MongoDB removes events that are older.  @default never */
  readonly expireAfterSeconds?: number | undefined;
  /** Makes the collection a time series, if it is not there yet. Its events are not unique: one sent again stands there twice.  @default false */
  readonly timeSeries?: boolean | undefined;
  /** Of a time series: the field by which events belong together, `name` or one that `transform` makes.  @default none */
  readonly metaField?: string | undefined;
  /** Of a time series: how close events of one `metaField` follow each other.  @default 'seconds' */
  readonly granularity?: 'seconds' | 'minutes' | 'hours' | undefined;
  /** @default that of the connection's URL, else { w: 1 } */
  readonly writeConcern?: mongo.WriteConcernSettings | undefined;
  /**
   * Makes the document of an event, which it must not change, and returns it at once. `_id` is the event's id whatever it
   * returns. An event for which it returns a promise, no object, or values that MongoDB cannot store becomes a dead letter.
   * @default name, timestamp, context, data, and what processors have added
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

/** @throws TrackingConfigException with all faults at once */
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

/** https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
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
  // MongoDB takes no more than a signed 32-bit number.
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

/** What one is likely to look for here is the connection's own business. */
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

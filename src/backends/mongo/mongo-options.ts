import type { mongo } from 'mongoose';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, MisplacedOptions, OptionPlace, OptionRule, OptionRules } from '../../common/option-place';
import { checked, flag, listOrFalse, number, oneOf, synchronous, value } from '../../common/option-rules';
import { showName, showValue } from '../../common/show-value';
import { isObject } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';

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
  readonly transform?: ((event: IdentifiedEvent) => object) | undefined;
}

const CONNECTION_FIX =
  'set it for the connection: { imports: [MongooseModule.forRoot(url, { lazyConnection: true })] }';
/** Options that users look for here, and that belong to the connection. */
const OF_CONNECTION = ['url', 'uri', 'host', 'port', 'user', 'password', 'username'];
const INDEXES_FIX = "indexes: [{ key: { 'context.user_id': 1 } }]";

/** Valid names: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
const COLLECTION = /^(?!system\.)[^$\0]+$/;
const DATABASE = /^[^/\\. "$*<>:|?\0]{1,63}$/;
const FIELD = /^[^$.\0][^.\0]*$/;

const RULES: OptionRules<MongoBackendOptions> = {
  connectionName: name(/./s),
  database: name(DATABASE),
  collection: name(COLLECTION),
  catalogCollection: name(COLLECTION, (given) => given === false),
  indexes: listOrFalse(
    value('an object with a key', (index) => isObject(index) && isObject(index['key'])),
    { fix: INDEXES_FIX },
  ),
  // MongoDB accepts only signed 32-bit numbers.
  expireAfterSeconds: number(
    { min: 1, max: 2 ** 31 - 1, isWhole: true },
    { fix: 'expireAfterSeconds: 30 * 86_400, or leave it out to keep events' },
  ),
  timeSeries: flag({ fix: 'leave it out (false)' }),
  metaField: name(FIELD),
  granularity: oneOf(['seconds', 'minutes', 'hours']),
  writeConcern: checked('an object', checkWriteConcern, {
    fix: "leave it out ({ w: 1 }), or writeConcern: { w: 'majority' }",
  }),
  transform: synchronous({
    fix: 'transform: ({ name, data }) => ({ name, data }); asynchronous work belongs in an AsyncProcessor of an AsyncRoutingBackend around this one',
  }),
};

/** Checks the options of a MongoBackend. @throws TrackingConfigException with all errors */
export function checkMongoOptions(options: MongoBackendOptions): void {
  const misplaced = Object.fromEntries(OF_CONNECTION.map((option) => [option, CONNECTION_FIX])) as MisplacedOptions;
  const check = backendOptionChecker('MongoBackend', "backend(MongoBackend, { collection: 'events' })", misplaced);
  check.read(options, RULES, (given) => {
    checkTimeSeries(given, check);
  });
  check.throwIfAny();
}

function name(pattern: RegExp, isOff = (_given: unknown): boolean => false): OptionRule {
  const isValid = (given: unknown): boolean => isOff(given) || (typeof given === 'string' && pattern.test(given));
  return value('a name that MongoDB accepts', isValid, {
    show: showName,
    fix: (option) => `leave it out, or ${option}: 'events'`,
  });
}

function checkWriteConcern(concern: unknown, place: OptionPlace): void {
  if (!isObject(concern)) place.reject(showValue(concern), 'an object');
  else if (concern['w'] === 0) {
    place.inside('w').add('is 0: MongoDB would not report failed writes, and events would be lost unnoticed.');
  }
}

function checkTimeSeries(given: GivenOptions<MongoBackendOptions>, check: OptionChecker): void {
  for (const option of ['metaField', 'granularity'] as const) {
    if (given[option] !== undefined && given.timeSeries !== true)
      check.add(`${option} is set, but only a time series has one.`, 'leave it out, or add timeSeries: true');
  }
}

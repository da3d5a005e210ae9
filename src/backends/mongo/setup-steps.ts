/**
 * Defines the steps of the setup: the time series and the indexes, each with the report if the
 * server does not create it.
 */
import type { mongo } from 'mongoose';
import type { MongoBackendOptions } from './mongo-options';

/** Report to the operator about a step that the server refused. */
export interface Refusal {
  readonly what: string;
  readonly fix: string;
}

export interface Step extends Refusal {
  readonly run: (db: mongo.Db) => Promise<unknown>;
  /** Step to run if the server refuses this one. */
  readonly instead?: Step;
  /** Report if an index on the same fields exists with other options. */
  readonly conflict?: {
    readonly isWith: (other: mongo.IndexDescriptionInfo) => boolean;
    /** @param existing undefined if the server could not be asked */
    readonly refusal: (existing: mongo.IndexDescriptionInfo | undefined) => Refusal;
  };
}

const NAMESPACE_EXISTS = 48;

/** Creates a time series, unless a collection with that name exists. */
export function seriesStep(options: MongoBackendOptions, collection: string): Step {
  const { metaField, granularity, expireAfterSeconds } = options;
  const timeseries = { timeField: 'timestamp', ...(metaField && { metaField }), ...(granularity && { granularity }) };
  return {
    what: 'to make a time series',
    fix: 'leave timeSeries out, or use MongoDB 5 or later',
    run: (db) =>
      db
        .createCollection(collection, { timeseries, ...(expireAfterSeconds && { expireAfterSeconds }) })
        .catch((error: unknown) => {
          if ((error as { code?: unknown }).code !== NAMESPACE_EXISTS) throw error;
        }),
  };
}

/**
 * Returns the index steps in the order in which they run. An index described by the application
 * replaces the default index on the same fields.
 */
export function indexSteps(options: MongoBackendOptions, collection: string): Step[] {
  const { indexes = [], expireAfterSeconds, timeSeries } = options;
  if (indexes === false) return [];
  const plain = indexStep({ key: { timestamp: 1 } }, collection);
  // A time series expires without an index.
  const isExpiring = expireAfterSeconds !== undefined && timeSeries !== true;
  const byTime = isExpiring ? expiringStep(expireAfterSeconds, plain, collection) : plain;
  const described = new Set(indexes.map(({ key }) => keyText(key)));
  return [
    ...(described.has(keyText({ timestamp: 1 })) && !isExpiring ? [] : [byTime]),
    ...(described.has(keyText({ name: 1 })) ? [] : [indexStep({ key: { name: 1 } }, collection)]),
    ...indexes.map((each) => indexStep(each, collection)),
  ];
}

function expiringStep(expireAfterSeconds: number, instead: Step, collection: string): Step {
  return {
    ...indexStep({ key: { timestamp: 1 }, expireAfterSeconds }, collection),
    what: 'the index by which events expire',
    fix: 'leave expireAfterSeconds out, and remove old events yourself',
    instead,
  };
}

function indexStep(index: mongo.IndexDescription, collection: string): Step {
  const { key } = index;
  const fields = [...(key instanceof Map ? key.keys() : Object.keys(key))].join(', ');
  return {
    what: `the index on ${fields}`,
    fix: 'leave it out of indexes, or create it yourself with options that the server accepts',
    run: (db) => db.collection(collection).createIndexes([index]),
    conflict: {
      isWith: (other) => keyText(other.key) === keyText(key),
      refusal: (existing) => conflictOf(index, fields, existing, collection),
    },
  };
}

/**
 * Reports an index that conflicts with an existing index on the same fields with other options,
 * which MongoDB continues to apply.
 */
function conflictOf(
  { expireAfterSeconds: wanted }: mongo.IndexDescription,
  fields: string,
  existing: mongo.IndexDescriptionInfo | undefined,
  collection: string,
): Refusal {
  const name = existing?.name ?? `${fields}_1`;
  const drop = `db.getCollection(${JSON.stringify(collection)}).dropIndex(${JSON.stringify(name)}) and restart`;
  const actual = existing?.['expireAfterSeconds'];
  const now = existing === undefined ? 'other options' : `expireAfterSeconds ${String(actual ?? 'unset')}`;
  if (wanted !== undefined && (existing === undefined || actual !== wanted)) {
    const command = JSON.stringify({ collMod: collection, index: { name, expireAfterSeconds: wanted } });
    return {
      what: `events do not expire after ${String(wanted)} seconds: the index ${name} was made with ${now}`,
      fix: `db.runCommand(${command}); before MongoDB 5.1, if the index does not expire: ${drop}`,
    };
  }
  if (wanted === undefined && (actual !== undefined || (existing === undefined && fields === 'timestamp'))) {
    return {
      what: `the index ${name} was made with ${now}, while expireAfterSeconds is not set: MongoDB may keep removing events`,
      fix: `to keep events ${drop}; else set expireAfterSeconds as the index has it`,
    };
  }
  return {
    what: `the index on ${fields} is there with another name or other options`,
    fix: `${existing === undefined ? 'drop it' : drop}, or give the options that it has`,
  };
}

/**
 * Returns the report for a time series whose expiry differs from the option; undefined if they
 * agree.
 */
export function seriesExpiry(
  wanted: number | undefined,
  actual: number | undefined,
  collection: string,
): Refusal | undefined {
  if (wanted === actual) return undefined;
  const command = JSON.stringify({ collMod: collection, expireAfterSeconds: wanted ?? 'off' });
  return {
    what: `expireAfterSeconds is ${String(wanted ?? 'not set')}, but the time series was made with ${String(actual ?? 'none')}`,
    fix: `db.runCommand(${command}), or set the option as the time series has it`,
  };
}

function keyText(key: mongo.IndexDescription['key']): string {
  return JSON.stringify(key instanceof Map ? [...key] : Object.entries(key));
}

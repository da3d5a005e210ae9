/**
 * A server that has no TTL, no time series, or no index left is no reason to lose events: what it refuses is told once, and the
 * events flow all the same. Indexes are made in the background; only a time series has to be there before the first event,
 * since MongoDB would make an ordinary collection for it. What failed because the server was away is tried again with later
 * batches.
 */
import type { mongo } from 'mongoose';
import type { MongoBackendOptions } from './mongo-options';

interface Step {
  readonly what: string;
  readonly mend: string;
  readonly run: (db: mongo.Db) => Promise<unknown>;
  /** What is made if the server refuses this. */
  readonly instead?: Step;
}

const NAMESPACE_EXISTS = 48;
const GO_ON = 'Events are written all the same.';
/** The server goes away or comes up: it would take the same step later. */
const PASSING: readonly unknown[] = [6, 7, 24, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

export class CollectionSetup {
  /** In this order; what is made, or refused, is taken out. */
  private readonly indexes: Step[];
  private indexing: Promise<void> | undefined;
  private series: Step | undefined;
  private making: Promise<void> | undefined;

  /** @param say told once for each refused step */
  constructor(
    options: MongoBackendOptions,
    private readonly collection: string,
    private readonly say: (text: string) => void,
  ) {
    this.series = options.timeSeries === true ? seriesStep(options, collection) : undefined;
    this.indexes = indexSteps(options, collection);
  }

  /** Before the first event; what runs at once waits for the same answer. Rejects if the server cannot be asked. */
  beforeEvents(db: mongo.Db): Promise<void> {
    if (this.series === undefined) return Promise.resolve();
    this.making ??= this.makeSeries(this.series, db).finally(() => (this.making = undefined));
    return this.making;
  }

  /** Makes the indexes that are not there yet. Never rejects; one run at a time. */
  inBackground(db: mongo.Db): Promise<void> {
    if (this.indexes.length === 0) return Promise.resolve();
    this.indexing ??= this.makeIndexes(db).finally(() => (this.indexing = undefined));
    return this.indexing;
  }

  private async makeSeries(series: Step, db: mongo.Db): Promise<void> {
    const isMade = await this.take(series, db);
    if (isMade && !(await this.isSeries(db))) {
      const what = 'the collection was there before, and is no time series';
      this.say(`${what}. ${GO_ON} Mend: give another collection, or leave timeSeries out`);
    }
    this.series = undefined;
  }

  private async makeIndexes(db: mongo.Db): Promise<void> {
    try {
      for (let [step] = this.indexes; step !== undefined; [step] = this.indexes) {
        const isMade = await this.take(step, db);
        this.indexes.splice(0, 1, ...(!isMade && step.instead ? [step.instead] : []));
      }
    } catch {
      // Not reached: the events themselves tell that the server is away.
    }
  }

  /** Rejects only if the server was not reached. @returns false if it refuses */
  private async take({ what, mend, run }: Step, db: mongo.Db): Promise<boolean> {
    try {
      await run(db);
      return true;
    } catch (error) {
      const { code, codeName } = error as { code?: unknown; codeName?: unknown };
      if (typeof code !== 'number' || PASSING.includes(code)) throw error;
      // Not its message: that of a unique index that cannot be made quotes the values of an event.
      const told = typeof codeName === 'string' ? `${String(code)} ${codeName}` : `code ${String(code)}`;
      this.say(`the server refuses ${what} (${told}). ${GO_ON} Mend: ${mend}`);
      return false;
    }
  }

  private async isSeries(db: mongo.Db): Promise<boolean> {
    const [found] = await db.listCollections({ name: this.collection }).toArray();
    return found?.type === 'timeseries';
  }
}

function seriesStep({ metaField, granularity, expireAfterSeconds }: MongoBackendOptions, collection: string): Step {
  const timeseries = { timeField: 'timestamp', ...(metaField && { metaField }), ...(granularity && { granularity }) };
  return {
    what: 'to make a time series',
    mend: 'leave timeSeries out, or take MongoDB 5 or later',
    run: (db) =>
      db
        .createCollection(collection, { timeseries, ...(expireAfterSeconds && { expireAfterSeconds }) })
        .catch((error: unknown) => {
          if ((error as { code?: unknown }).code !== NAMESPACE_EXISTS) throw error;
        }),
  };
}

function indexSteps(options: MongoBackendOptions, collection: string): Step[] {
  const { indexes = [], expireAfterSeconds, timeSeries } = options;
  if (indexes === false) return [];
  const plain = indexStep({ key: { timestamp: 1 } }, collection);
  // A time series expires by itself.
  const isExpiring = expireAfterSeconds !== undefined && timeSeries !== true;
  const byTime = isExpiring ? expiringStep(expireAfterSeconds, plain, collection) : plain;
  return [byTime, indexStep({ key: { name: 1 } }, collection), ...indexes.map((each) => indexStep(each, collection))];
}

function expiringStep(expireAfterSeconds: number, instead: Step, collection: string): Step {
  return {
    ...indexStep({ key: { timestamp: 1 }, expireAfterSeconds }, collection),
    what: 'the index by which events expire',
    mend: 'drop the index timestamp_1 if it was made without expireAfterSeconds, or with another; else remove old events yourself',
    instead,
  };
}

function indexStep(index: mongo.IndexDescription, collection: string): Step {
  const { key } = index;
  const fields = [...(key instanceof Map ? key.keys() : Object.keys(key))].join(', ');
  return {
    what: `the index on ${fields}`,
    mend: 'leave it out of indexes, or make it by hand as the server takes it',
    run: (db) => db.collection(collection).createIndexes([index]),
  };
}

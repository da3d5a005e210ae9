/**
 * A server that has no TTL, no time series, or no index left is no reason to lose events: what it refuses is reported once, and
 * the events are written without it. Indexes are made in the background; only a time series has to be there before the first
 * event, since MongoDB would make an ordinary collection for it.
 *
 * A step is `pending` until it is made or refused. It stays pending while the server is away, and while a failure may pass. All
 * steps are pending again when the collection was dropped: the next insert makes one without TTL and indexes, or one that is no
 * time series. MongoDB tells nobody of it, so the collection is looked at again now and then, by its UUID.
 */
import type { mongo } from 'mongoose';
import type { MongoBackendOptions } from './mongo-options';
import { indexSteps, seriesExpiry, seriesStep, type Refusal, type Step } from './setup-steps';

const GO_ON = 'Events are written all the same.';
/** The server goes away or comes up: it would take the same step later. The events themselves report it. */
const PASSING: readonly unknown[] = [6, 7, 24, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
/** The server will not make it, however often it is asked; codes that are not listed may pass. */
const FINAL: readonly unknown[] = [
  ...[2, 9, 14, 20, 59, 67, 72, 73, 85, 86, 115, 166, 167, 171, 197, 238, 303],
  ...[11000, 11001, 16755, 17280, 40414, 40415],
];
const CONFLICTS: readonly unknown[] = [85, 86];
/** The rights of the user change while the application runs. */
const FIXES: ReadonlyMap<unknown, string> = new Map([
  [13, "give the connection's user the role readWrite on this database"],
  [18, "check the user and password in the connection's URL"],
]);
/** How long a step that failed with a code is left alone. */
const RETRY_MS = 60_000;
/** How often the collection is looked at: without its TTL it only grows, but a time series cannot be made any more once it is ordinary. */
const LOOK_MS = { indexes: 10_000, series: 1000 };

/** What is known of the collection; undefined if it does not exist. */
interface Seen {
  readonly isSeries: boolean;
  readonly expireAfterSeconds: number | undefined;
  /** Of the collection, or of that behind a time series. Empty on a server that has none. */
  readonly uuids: string;
}

export class CollectionSetup {
  private readonly indexes: readonly Step[];
  private pending: readonly Step[];
  /** undefined if none is wanted, or the server has none. */
  private series: Step | undefined;
  private isSeriesPending = true;
  private indexing: Promise<void> | undefined;
  private making: Promise<void> | undefined;

  private uuids: string | undefined;
  private lookedAt = -Infinity;
  private readonly notBefore = new Map<Step, number>();
  private readonly said = new Set<string>();

  /**
   * @param say logs a warning; called once for each step and code
   * @param now monotonic, in milliseconds
   */
  constructor(
    private readonly options: MongoBackendOptions,
    private readonly collection: string,
    private readonly say: (text: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.series = options.timeSeries === true ? seriesStep(options, collection) : undefined;
    this.indexes = indexSteps(options, collection);
    this.pending = this.indexes;
  }

  /** Makes the time series before the first event. Concurrent calls share one run. Rejects if the server cannot be asked. */
  beforeEvents(db: mongo.Db): Promise<void> {
    const { series } = this;
    if (series === undefined || !(this.isSeriesPending || this.isLookDue(LOOK_MS.series))) return Promise.resolve();
    this.making ??= this.makeSeries(series, db).finally(() => (this.making = undefined));
    return this.making;
  }

  /** Makes the indexes that are not there yet. Never rejects; one run at a time. */
  inBackground(db: mongo.Db): Promise<void> {
    const isDue = this.indexes.length > 0 && this.isLookDue(LOOK_MS.indexes);
    if (!isDue && !this.pending.some((step) => this.isTime(step))) return Promise.resolve();
    this.indexing ??= this.makeIndexes(db, isDue).finally(() => (this.indexing = undefined));
    return this.indexing;
  }

  /** Rejects as well while the series is missing and the server does not make it: an insert would make an ordinary collection. */
  private async makeSeries(series: Step, db: mongo.Db): Promise<void> {
    let seen = await this.look(db);
    if (seen === undefined || (seen === 'unknown' && this.isTime(series))) {
      const taken = await this.take(series, db);
      if (taken.outcome === 'refused') this.series = undefined;
      if (taken.outcome === 'pending' && seen === undefined) throw taken.error;
      if (taken.outcome === 'made') seen = await this.look(db);
    }
    this.isSeriesPending = false;
    if (this.series !== undefined && seen !== undefined && seen !== 'unknown') this.compareSeries(seen);
  }

  private compareSeries({ isSeries, expireAfterSeconds }: Seen): void {
    if (!isSeries) {
      const what = 'the collection was there before, and is no time series';
      this.report('not a series', { what, fix: 'give another collection, or leave timeSeries out' });
      return;
    }
    const refusal = seriesExpiry(this.options.expireAfterSeconds, expireAfterSeconds, this.collection);
    if (refusal !== undefined) this.report('expiry of the series', refusal);
  }

  private async makeIndexes(db: mongo.Db, isLookDue: boolean): Promise<void> {
    try {
      if (isLookDue) await this.look(db).catch(() => undefined);
      const steps = this.pending.filter((step) => this.isTime(step));
      for (const step of steps) await this.makeIndex(step, db);
      if (steps.length > 0 && this.uuids === undefined) await this.look(db);
    } catch {
      // Not reached: the events themselves report that the server is away.
    }
  }

  private async makeIndex(step: Step, db: mongo.Db): Promise<void> {
    const { outcome } = await this.take(step, db);
    if (outcome === 'pending') return;
    this.pending = this.pending.filter((each) => each !== step);
    if (outcome === 'refused' && step.instead !== undefined) await this.makeIndex(step.instead, db);
  }

  /** Rejects only if the server was not reached. */
  private async take(step: Step, db: mongo.Db): Promise<Taken> {
    try {
      await step.run(db);
      return { outcome: 'made' };
    } catch (error) {
      const { code, codeName } = error as { code?: unknown; codeName?: unknown };
      if (typeof code !== 'number' || PASSING.includes(code)) throw error;
      // Not its message: that of a unique index that cannot be made quotes the values of an event.
      const shown = typeof codeName === 'string' ? `${String(code)} ${codeName}` : `code ${String(code)}`;
      const key = `${step.what} ${String(code)}`;
      if (CONFLICTS.includes(code) && step.conflict !== undefined) {
        const existing = await this.existing(step.conflict, db);
        this.report(key, step.conflict.refusal(existing));
        return { outcome: 'conflict' };
      }
      if (FINAL.includes(code)) {
        this.report(key, { what: `the server refuses ${step.what} (${shown})`, fix: step.fix });
        return { outcome: 'refused' };
      }
      this.notBefore.set(step, this.now() + RETRY_MS);
      const what = `the server does not take ${step.what} now (${shown}); it is asked again`;
      this.report(key, { what, fix: FIXES.get(code) ?? step.fix });
      return { outcome: 'pending', error };
    }
  }

  /** The index that is in the way; undefined if the server does not say. */
  private async existing(
    { isWith }: NonNullable<Step['conflict']>,
    db: mongo.Db,
  ): Promise<mongo.IndexDescriptionInfo | undefined> {
    try {
      return (await db.collection(this.collection).indexes()).find(isWith);
    } catch {
      return undefined;
    }
  }

  /** Finds out whether the collection is still the one that the steps were taken for. Rejects if the server was not reached. */
  private async look(db: mongo.Db): Promise<Seen | 'unknown' | undefined> {
    this.lookedAt = this.now();
    const seen = await this.ask(db);
    if (seen === 'unknown') return seen;
    const before = this.uuids;
    this.uuids = seen?.uuids;
    if (before !== undefined && before !== this.uuids) {
      this.pending = this.indexes;
      this.notBefore.clear();
    }
    return seen;
  }

  private async ask(db: mongo.Db): Promise<Seen | 'unknown' | undefined> {
    const name = this.collection;
    try {
      // The UUID of a time series is that of the collection behind it.
      const names = this.series === undefined ? name : { $in: [name, `system.buckets.${name}`] };
      const found = (await db.listCollections({ name: names }).toArray()) as Listed[];
      const own = found.find((each) => each.name === name);
      if (own === undefined) return undefined;
      return {
        isSeries: own.type === 'timeseries',
        expireAfterSeconds: own.options?.expireAfterSeconds,
        uuids: found
          .map(({ info }) => info?.uuid?.toString() ?? '')
          .sort()
          .join(),
      };
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (typeof code !== 'number' || PASSING.includes(code)) throw error;
      return 'unknown'; // the user has no right to ask, say
    }
  }

  private isLookDue(everyMs: number): boolean {
    return this.now() - this.lookedAt >= everyMs;
  }

  private isTime(step: Step): boolean {
    return this.now() >= (this.notBefore.get(step) ?? -Infinity);
  }

  private report(key: string, { what, fix }: Refusal): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.say(`${what}. ${GO_ON} Fix: ${fix}`);
  }
}

type Taken =
  | { readonly outcome: 'made' | 'refused' | 'conflict' }
  /** It may be made later. */
  | { readonly outcome: 'pending'; readonly error: unknown };

/** What MongoDB answers, of which the types of the driver know a part. */
interface Listed {
  readonly name: string;
  readonly type?: string;
  readonly options?: { readonly expireAfterSeconds?: number };
  readonly info?: { readonly uuid?: { toString(): string } };
}

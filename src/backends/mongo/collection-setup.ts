/**
 * Creates the time series and the indexes of a collection.
 *
 * A server without TTL, without time series, or without a free index is no reason to lose events:
 * each refusal is reported once, and the events are written without that feature. Indexes are
 * created in the background. Only a time series must exist before the first event, because MongoDB
 * would create an ordinary collection for it.
 *
 * A step is `pending` until it is made, is refused, or conflicts with an existing index. It stays
 * pending while the server is unreachable, and while a failure may be temporary. All steps become
 * pending again when the collection was dropped: the next insert creates one without TTL and
 * indexes, or one that is not a time series. MongoDB sends no notice of that, so the collection is
 * checked periodically by its UUID.
 */
import type { mongo } from 'mongoose';
import type { MongoBackendOptions } from './mongo-options';
import { indexSteps, seriesExpiry, seriesStep, type Refusal, type Step } from './setup-steps';

const GO_ON = 'Events are written all the same.';
/**
 * Error codes of a server that stops or starts: it would accept the same step later. The events
 * report such a state themselves.
 */
const PASSING: readonly unknown[] = [6, 7, 24, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];
/** Error codes of a permanent refusal. Codes that are not listed may be temporary. */
const FINAL: readonly unknown[] = [
  ...[2, 9, 14, 20, 59, 67, 72, 73, 85, 86, 115, 166, 167, 171, 197, 238, 303],
  ...[11000, 11001, 16755, 17280, 40414, 40415],
];
const CONFLICTS: readonly unknown[] = [85, 86];
/**
 * Fixes for codes that depend on the rights of the user, which may change while the application
 * runs.
 */
const FIXES: ReadonlyMap<unknown, string> = new Map([
  [13, "give the connection's user the role readWrite on this database"],
  [18, "check the user and password in the connection's URL"],
]);
/** Time after which a step that failed with a code is tried again. */
const RETRY_MS = 60_000;
/**
 * Interval of the checks of the collection. Without its TTL it only grows, but once it is ordinary
 * it cannot become a time series.
 */
const LOOK_MS = { indexes: 10_000, series: 1000 };

/** State of the collection; undefined if it does not exist. */
interface Seen {
  readonly isSeries: boolean;
  readonly expireAfterSeconds: number | undefined;
  /**
   * UUIDs of the collection and of the collection behind a time series. Empty on a server without
   * UUIDs.
   */
  readonly uuids: string;
}

export class CollectionSetup {
  private readonly indexes: readonly Step[];
  private pending: readonly Step[];
  /** Step for the time series; undefined if none is wanted, or the server has none. */
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
   * @param now monotonic time in milliseconds
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

  /**
   * Creates the time series before the first event. Concurrent calls share one run. Rejects if the
   * server cannot be reached.
   */
  beforeEvents(db: mongo.Db): Promise<void> {
    const { series } = this;
    if (series === undefined || !(this.isSeriesPending || this.isLookDue(LOOK_MS.series))) return Promise.resolve();
    this.making ??= this.makeSeries(series, db).finally(() => (this.making = undefined));
    return this.making;
  }

  /** Creates the missing indexes. Never rejects; only one run at a time. */
  inBackground(db: mongo.Db): Promise<void> {
    const isDue = this.indexes.length > 0 && this.isLookDue(LOOK_MS.indexes);
    if (!isDue && !this.pending.some((step) => this.isTime(step))) return Promise.resolve();
    this.indexing ??= this.makeIndexes(db, isDue).finally(() => (this.indexing = undefined));
    return this.indexing;
  }

  /**
   * Also rejects while the series is missing and the server does not create it: an insert would
   * create an ordinary collection.
   */
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
      // Not reached: the events themselves report that the server is unreachable.
    }
  }

  private async makeIndex(step: Step, db: mongo.Db): Promise<void> {
    const { outcome } = await this.take(step, db);
    if (outcome === 'pending') return;
    this.pending = this.pending.filter((each) => each !== step);
    if (outcome === 'refused' && step.instead !== undefined) await this.makeIndex(step.instead, db);
  }

  /** Runs a step. Rejects only if the server was not reached. */
  private async take(step: Step, db: mongo.Db): Promise<Taken> {
    try {
      await step.run(db);
      return { outcome: 'made' };
    } catch (error) {
      const { code, codeName } = error as { code?: unknown; codeName?: unknown };
      if (typeof code !== 'number' || PASSING.includes(code)) throw error;
      // Leaves out the message: for a unique index that cannot be created it quotes the values of
      // an event.
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

  /** Returns the conflicting index; undefined if the server does not tell. */
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

  /**
   * Checks whether the collection is still the one for which the steps were run. Rejects if the
   * server was not reached.
   */
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
      // A time series has the UUID of the collection behind it.
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
      return 'unknown'; // for example, the user has no right to ask
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
  /** The step may succeed later. */
  | { readonly outcome: 'pending'; readonly error: unknown };

/** Answer of MongoDB, of which the driver's types declare only a part. */
interface Listed {
  readonly name: string;
  readonly type?: string;
  readonly options?: { readonly expireAfterSeconds?: number };
  readonly info?: { readonly uuid?: { toString(): string } };
}

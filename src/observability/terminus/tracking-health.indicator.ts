import { Inject, Injectable, Optional } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { TrackingLedger } from '../../ledger/tracking-ledger';
import { TrackerService } from '../../tracker/tracker.service';
import { LossWatch, type Losses } from './loss-watch';

export interface TrackingHealthOptions {
  /** @default the tracker called 'default' */
  readonly tracker?: Pick<TrackerService, 'ledger'> | undefined;
  /** For how long the application is down after a check has found a new loss.  @default 60_000 */
  readonly lossWindowMs?: number | undefined;
}

/** What a check says beside the status; without event data. */
export interface TrackingHealthDetails {
  /** Events on their way, of all destinations. */
  readonly pending: number;
  /** How many events were lost lately, by place and reason; left out if none was. */
  readonly lost?: Losses;
  /** What is not as it should be, and costs no event yet: by path; left out if all is well. */
  readonly degraded?: Readonly<Record<string, readonly string[]>>;
  /** The destinations whose disk cannot be used; left out if there is none. */
  readonly diskFailing?: readonly string[];
}

/**
 * Says for Terminus how tracking is. `down` only while events are being lost, or cannot be kept: a destination that does not
 * answer is no reason to take this application out of service while its events wait in memory or on disk. That is `degraded`
 * where Terminus knows the word (12), else `up`; in both `degraded` of the details says what and where.
 */
@Injectable()
export class TrackingHealthIndicator {
  private readonly watches = new WeakMap<TrackingLedger, LossWatch>();

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Optional() @Inject(TrackerService) private readonly tracker?: TrackerService,
  ) {
    if (tracker !== undefined) this.watchOf(tracker.ledger); // what is lost before the first check counts
  }

  /** @param key of the result */
  check<const Key extends string = 'tracking'>(
    key: Key = 'tracking' as Key,
    { tracker = this.tracker, lossWindowMs = 60_000 }: TrackingHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const session = this.indicators.check(key);
    if (tracker === undefined) return session.down('there is no tracker called "default": give the tracker to check()');
    const details = this.detailsOf(tracker.ledger, lossWindowMs);
    const { lost, diskFailing, degraded } = details;
    if (lost !== undefined || diskFailing !== undefined) return session.down({ ...details });
    if (degraded !== undefined && hasDegraded(session)) return session.degraded({ ...details });
    return session.up({ ...details });
  }

  private detailsOf(ledger: TrackingLedger, lossWindowMs: number): TrackingHealthDetails {
    const lost = this.watchOf(ledger).recentLosses(lossWindowMs);
    const degraded: Record<string, string[]> = {};
    const diskFailing: string[] = [];
    let pending = 0;
    for (const { path, delivery } of ledger.nodes()) {
      pending += delivery?.pending ?? 0;
      if (delivery === undefined || !('breaker' in delivery)) continue;
      if (delivery.isDiskFailing) diskFailing.push(path);
      const states = [
        ...(delivery.breaker === 'closed' ? [] : ['the destination does not answer']),
        ...(delivery.isOverflowing ? ['memory is full, events go to the disk'] : []),
      ];
      if (states.length > 0) degraded[path] = states;
    }
    return {
      pending,
      ...(isEmpty(lost) ? {} : { lost }),
      ...(isEmpty(degraded) ? {} : { degraded }),
      ...(diskFailing.length === 0 ? {} : { diskFailing }),
    };
  }

  private watchOf(ledger: TrackingLedger): LossWatch {
    let watch = this.watches.get(ledger);
    if (watch === undefined) this.watches.set(ledger, (watch = new LossWatch(ledger)));
    return watch;
  }
}

/** Terminus 11 has no such method, and drops a result whose status it does not know. */
function hasDegraded(session: object): boolean {
  return typeof (session as { degraded?: unknown }).degraded === 'function';
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

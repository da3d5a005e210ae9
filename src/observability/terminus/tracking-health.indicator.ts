import { Inject, Injectable, Optional } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { TrackingLedger } from '../../ledger/tracking-ledger';
import { TrackerService } from '../../tracker/tracker.service';
import { LossWatch } from './loss-watch';

export interface TrackingHealthOptions {
  /** Tracker to check.  @default the tracker named 'default' */
  readonly tracker?: Pick<TrackerService, 'ledger'> | undefined;
  /** Time that the status stays `down` after a check finds a new loss.  @default 60_000 */
  readonly lossWindowMs?: number | undefined;
}

/** Details of a health check result. They contain no event data. */
export interface TrackingHealthDetails {
  /** Number of pending events of all destinations. */
  readonly pending: number;
  /** Number of recently lost events by place and reason. Omitted if there are none. */
  readonly lost?: Readonly<Record<string, number>>;
  /** Problems that have not lost events yet, by path. Omitted if there are none. */
  readonly degraded?: Readonly<Record<string, readonly string[]>>;
  /** Paths of the destinations whose disk cannot be used. Omitted if there are none. */
  readonly diskFailing?: readonly string[];
}

/**
 * Terminus health indicator for tracking.
 *
 * - `down`: events were lost recently, or the disk of a destination cannot be used.
 * - `degraded`: a destination does not respond or its memory is full, but no event is lost. The
 *   application can stay in service while events wait in memory or on disk. Terminus 11 has no
 *   such status and reports `up`. With either, `degraded` in the details lists the problems.
 * - `up`: no problem.
 */
@Injectable()
export class TrackingHealthIndicator {
  private readonly watches = new WeakMap<TrackingLedger, LossWatch>();

  constructor(
    private readonly indicators: HealthIndicatorService,
    @Optional() @Inject(TrackerService) private readonly tracker?: TrackerService,
  ) {
    if (tracker !== undefined) this.watchOf(tracker.ledger); // losses before the first check count too
  }

  /**
   * Checks the health of a tracker.
   * @param key key of the result
   */
  check<const Key extends string = 'tracking'>(
    key: Key = 'tracking' as Key,
    { tracker = this.tracker, lossWindowMs = 60_000 }: TrackingHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const session = this.indicators.check(key);
    if (tracker === undefined) return session.down('there is no tracker called "default": pass the tracker to check()');
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
        ...(delivery.breaker === 'closed' ? [] : ['the destination is not responding']),
        ...(delivery.isOverflowing ? ['memory is full: new events go to the disk'] : []),
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

/** Terminus 11 has no `degraded` method, and drops results with an unknown status. */
function hasDegraded(session: object): boolean {
  return typeof (session as { degraded?: unknown }).degraded === 'function';
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import type { Envelope } from '../event/envelope';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, number } from '../common/option-rules';
import { RecentKeys } from './recent-keys';
import { NODE_OPTIONS } from '../routing/tokens';
import { EventKey, type EventKeySource } from './event-key';
import { SharingProcessor } from './sharing-processor';

export interface RateLimitOptions {
  /** Average number of events per second that pass; 0.1 is one in ten seconds. */
  readonly perSecond: number;
  /**
   * Maximum number of events that pass at once after a pause.
   * @default perSecond, and at least 1
   */
  readonly burst?: number | undefined;
  /**
   * Value with a separate limit: a path such as 'context.user_id' or 'name', or a function, which
   * gets a copy of the event. Events without this value share one limit.
   * @default one limit for all events
   */
  readonly by?: EventKeySource | undefined;
  /**
   * Maximum number of keys that are remembered. Above it, the key unused for the longest time is
   * forgotten, and starts with a full burst again.
   * @default 10_000
   */
  readonly maxKeys?: number | undefined;
}

const EXAMPLE = "processor(RateLimit, { perSecond: 10, by: 'context.user_id' })";
const RULES: OptionRules<RateLimitOptions> = {
  perSecond: number({ above: 0 }, { isRequired: true }),
  burst: number({ min: 1 }),
  by: anything(),
  maxKeys: number({ min: 1, isWhole: true }),
};

/** Remaining allowance of one key. */
interface Bucket {
  tokens: number;
  /** Time of the last refill in epoch milliseconds. */
  filledAt: number;
}

/**
 * Limits the rate of events, and drops the excess as 'rate-limited'. The limit uses the time at
 * which events arrive here.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class RateLimit extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication: boolean;
  private readonly perMs: number;
  private readonly burst: number;
  private readonly key: EventKey | undefined;
  private readonly buckets: RecentKeys<Bucket>;

  constructor(@Inject(NODE_OPTIONS) options: RateLimitOptions) {
    super();
    const check = new OptionChecker('RateLimit', { example: EXAMPLE });
    const { perSecond, burst, by, maxKeys = 10_000 } = check.read(options, RULES);
    this.key = EventKey.read(by, check.at('by'));
    check.throwIfAny();
    this.callsApplication = this.key?.callsApplication === true;
    this.perMs = perSecond / 1000;
    this.burst = burst ?? Math.max(1, perSecond);
    this.buckets = new RecentKeys(maxKeys);
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope | DropReason {
    return this.takeToken(this.key?.textIn(envelope) ?? '', Date.now()) ? envelope : 'rate-limited';
  }

  private takeToken(key: string, now: number): boolean {
    const bucket = this.buckets.enter(key, this.buckets.get(key) ?? { tokens: this.burst, filledAt: now });
    // A clock that was set back adds no tokens; refilling continues from the new time.
    const elapsedMs = Math.max(0, now - bucket.filledAt);
    bucket.tokens = Math.min(this.burst, bucket.tokens + elapsedMs * this.perMs);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

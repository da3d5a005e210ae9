import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, number } from '../common/option-rules';
import { RecentKeys } from './recent-keys';
import { NODE_OPTIONS } from '../routing/tokens';
import { EventKey, type EventKeySource } from './event-key';
import { SharingProcessor } from './sharing-processor';

export interface DedupeOptions {
  /** Time in milliseconds after an event passed during which equal events are dropped. */
  readonly withinMs: number;
  /**
   * Value by which events of one name are compared: a path such as 'data.attempt_id', or a
   * function, which gets a copy of the event. Events without this value pass.
   * @default name, context and data
   */
  readonly by?: EventKeySource | undefined;
  /**
   * Maximum number of keys that are remembered; above it the oldest is forgotten.
   * @default 10_000
   */
  readonly maxKeys?: number | undefined;
}

const EXAMPLE = "processor(Dedupe, { withinMs: 5000, by: 'data.attempt_id' })";
const RULES: OptionRules<DedupeOptions> = {
  withinMs: number({ above: 0, mayBeInfinite: true }, { isRequired: true }),
  by: anything(),
  maxKeys: number({ min: 1, isWhole: true }),
};

/**
 * Lets an event pass once within a time window, and drops its duplicates as 'duplicate'. The window
 * uses the time at which events arrive here.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class Dedupe extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication: boolean;
  private readonly withinMs: number;
  private readonly key: EventKey | undefined;
  /** Time at which the last event with a key passed, in epoch milliseconds. */
  private readonly passed: RecentKeys<number>;

  constructor(@Inject(NODE_OPTIONS) options: DedupeOptions) {
    super();
    const check = new OptionChecker('Dedupe', { example: EXAMPLE });
    const { withinMs, by, maxKeys = 10_000 } = check.read(options, RULES);
    this.key = EventKey.read(by, check.at('by'));
    check.throwIfAny();
    this.callsApplication = this.key?.callsApplication === true;
    this.withinMs = withinMs;
    this.passed = new RecentKeys(maxKeys);
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope | DropReason {
    const key = this.key === undefined ? contentOf(envelope) : keyOf(envelope, this.key);
    if (key === undefined) return envelope;
    const now = Date.now();
    const before = this.passed.get(key);
    // Absolute difference: a clock that was set back must not hold events until it has caught up.
    if (before !== undefined && Math.abs(now - before) < this.withinMs) return 'duplicate';
    this.passed.enter(key, now);
    return envelope;
  }
}

/**
 * Returns the key of an event, including the name: a check and its answer may carry the same id.
 */
function keyOf(envelope: Envelope, key: EventKey): string | undefined {
  const text = key.textIn(envelope);
  const name = boundedKey(envelope.name);
  return text === undefined ? undefined : `${String(name.length)}:${name}${text}`;
}

/**
 * Returns a hash of the event, since ten thousand whole events would need too much memory. SHA-256,
 * so that the author of the data cannot create two events with one hash.
 */
function contentOf(envelope: Envelope): string {
  const context = envelope.context?.text() ?? JSON.stringify(envelope.event.context);
  return hash('sha256', `${JSON.stringify(envelope.name)}${context}${envelope.dataText()}`, 'base64');
}

import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { RecentKeys } from '../common/recent-keys';
import { NODE_OPTIONS } from '../routing/tokens';
import { EventKey, type EventKeySource } from './event-key';
import { OptionFaults } from './option-faults';
import { SharingProcessor } from './sharing-processor';

export interface DedupeOptions {
  /** For how long after an event that passed another one like it is dropped. */
  readonly withinMs: number;
  /**
   * What makes two events of one name alike: a path such as 'data.attempt_id', or a function, which gets a copy of the event. Events without
   * it pass.
   * @default name, context and data
   */
  readonly by?: EventKeySource | undefined;
  /** How many keys are remembered; beyond it the oldest is forgotten.  @default 10_000 */
  readonly maxKeys?: number | undefined;
}

/**
 * Lets an event pass once within a time, and drops the others as 'duplicate'. Time is that at which events arrive here.
 * @throws TrackingConfigException for its options, all faults at once
 */
@Injectable()
export class Dedupe extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication: boolean;
  private readonly withinMs: number;
  private readonly key: EventKey | undefined;
  /** When the last one passed, in epoch milliseconds. */
  private readonly passed: RecentKeys<number>;

  constructor(@Inject(NODE_OPTIONS) options: DedupeOptions) {
    super();
    const faults = new OptionFaults('Dedupe', "processor(Dedupe, { withinMs: 5000, by: 'data.attempt_id' })");
    const { withinMs, by, maxKeys = 10_000 } = faults.read(options, ['withinMs', 'by', 'maxKeys']);
    faults.number('withinMs', withinMs, 'a number above 0', (value) => value > 0);
    faults.number('maxKeys', maxKeys, 'a whole number from 1 up', (value) => Number.isInteger(value) && value >= 1);
    this.key = by === undefined ? undefined : EventKey.read('by', by, faults);
    faults.throwIfAny();
    this.callsApplication = this.key?.callsApplication === true;
    this.withinMs = withinMs;
    this.passed = new RecentKeys(maxKeys);
  }

  processEnvelope(envelope: Envelope): Envelope | DropReason {
    const key = this.key === undefined ? contentOf(envelope) : keyOf(envelope, this.key);
    if (key === undefined) return envelope;
    const now = Date.now();
    const before = this.passed.get(key);
    // Either way: a clock that was set back must not hold events until it has caught up.
    if (before !== undefined && Math.abs(now - before) < this.withinMs) return 'duplicate';
    this.passed.enter(key, now);
    return envelope;
  }
}

/** Of the name too: a check and its answer may carry the same id. */
function keyOf(envelope: Envelope, key: EventKey): string | undefined {
  const text = key.textIn(envelope);
  const name = boundedKey(envelope.name);
  return text === undefined ? undefined : `${String(name.length)}:${name}${text}`;
}

/** A fingerprint, since ten thousand events would be too much to remember. Who writes data must not be able to make two alike. */
function contentOf(envelope: Envelope): string {
  const context = envelope.context?.text() ?? JSON.stringify(envelope.event.context);
  return hash('sha256', `${JSON.stringify(envelope.name)}${context}${envelope.dataText()}`, 'base64');
}

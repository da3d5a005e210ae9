import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import type { Envelope } from '../event/envelope';
import { copyNormalForm } from '../event/normal-form';
import { isFields } from '../event/normalizer';
import type { EventFields } from '../event/tracking-event';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { showValue } from '../common/tracking-config.exception';
import { withContext, withFields, type GivenFields } from './added-fields';
import { EventKey, type EventKeySource } from './event-key';
import { OptionFaults } from './option-faults';
import { SharingProcessor } from './sharing-processor';

export interface EnrichOptions {
  /** What is looked up: the value at a path such as 'context.course_id', or what a function gives for a copy of the event. */
  readonly key: EventKeySource;
  /**
   * What is known for the key, undefined or null if nothing is; at once, so from a cache in memory. Not asked where the event
   * has no key. Its parameter is of whatever type the keys are.
   */
  readonly lookup: (key: never) => GivenFields | null | undefined;
  /** Where the fields of what was found go.  @default 'context' */
  readonly into?: 'context' | 'data' | undefined;
  /** What becomes of an event without a key, or of whose key nothing is known: 'drop' counts it as 'filtered'.  @default 'keep' */
  readonly onMiss?: 'keep' | 'drop' | undefined;
  /** Whether what was found takes the place of what the event has under the same name.  @default false */
  readonly override?: boolean | undefined;
}

/**
 * Adds to events what the application knows about something in them.
 * @throws TrackingConfigException for its options, all faults at once
 */
@Injectable()
export class Enrich extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication = true;
  private readonly key: EventKey | undefined;
  private readonly options: EnrichOptions;
  private readonly overrides: boolean;

  constructor(@Inject(NODE_OPTIONS) options: EnrichOptions) {
    super();
    const example = "processor(Enrich, { key: 'context.course_id', lookup: (id) => cache.get(id) })";
    const faults = new OptionFaults('Enrich', example);
    this.options = faults.read(options, ['key', 'lookup', 'into', 'onMiss', 'override']);
    const { key, lookup, into = 'context', onMiss = 'keep', override = false } = this.options;
    this.key = EventKey.read('key', key, faults);
    faults.synchronous('lookup', lookup);
    faults.oneOf('into', into, ['context', 'data']);
    faults.oneOf('onMiss', onMiss, ['keep', 'drop']);
    faults.oneOf('override', override, [true, false]);
    faults.throwIfAny();
    this.overrides = override;
  }

  processEnvelope(envelope: Envelope): Envelope | DropReason {
    const found = this.find(envelope);
    if (found === undefined || found === null) return this.options.onMiss === 'drop' ? 'filtered' : envelope;
    if (typeof found !== 'object') throw new TypeError(`lookup gave ${showValue(found)}, not an object`);
    const { into = 'context' } = this.options;
    const added = envelope.normalForm(into, found);
    if (!isFields(added)) throw new TypeError(`lookup gave ${showValue(found)}, which has no fields`);
    return into === 'data' ? this.intoData(envelope, added) : this.intoContext(envelope, added);
  }

  private find(envelope: Envelope): unknown {
    const key = this.key?.valueIn(envelope);
    // A copy, if it is an object: the event is shared.
    return key === undefined || key === null
      ? undefined
      : synchronous(this.options.lookup(copyNormalForm(key) as never));
  }

  private intoContext(envelope: Envelope, added: EventFields): Envelope {
    const { context } = envelope;
    const together = context && withContext(context, added, this.overrides);
    return together === context || together === undefined ? envelope : envelope.inContext(together);
  }

  /** A list or a text has no fields that others could stand beside: such data stays as it is. */
  private intoData(envelope: Envelope, added: EventFields): Envelope {
    const { data } = envelope;
    if (!isFields(data)) return envelope;
    const together = withFields(data, added, this.overrides);
    return together === data ? envelope : envelope.withData(together);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import type { Envelope } from '../event/envelope';
import { copyNormalForm } from '../event/normal-form';
import { isFields } from '../event/normalizer';
import type { EventFields, SyncValues } from '../event/tracking-event';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, flag, oneOf, synchronous as synchronousFunction } from '../common/option-rules';
import { showValue } from '../common/show-value';
import { withContext, withFields } from './added-fields';
import { EventKey, KEY_SOURCE, type EventKeySource } from './event-key';
import { SharingProcessor } from './sharing-processor';

export interface EnrichOptions {
  /**
   * Key to look up: a path such as 'context.course_id', or a function, which gets a copy of the
   * event.
   */
  readonly key: EventKeySource;
  /**
   * Returns the fields for a key, or undefined or null if there are none. Synchronous, so it reads
   * from a cache in memory. Not called for events without a key. The parameter has the type of the
   * keys.
   */
  readonly lookup: (key: never) => SyncValues | null | undefined;
  /**
   * Part of the event that receives the fields.
   * @default 'context'
   */
  readonly into?: 'context' | 'data' | undefined;
  /**
   * Handling of an event without a key, or with an unknown key: 'drop' counts it as 'filtered'.
   * @default 'keep'
   */
  readonly onMiss?: 'keep' | 'drop' | undefined;
  /**
   * True to replace fields that the event already has under the same name.
   * @default false
   */
  readonly override?: boolean | undefined;
}

const EXAMPLE = "processor(Enrich, { key: 'context.course_id', lookup: (id) => cache.get(id) })";
const RULES: OptionRules<EnrichOptions> = {
  key: anything({ isRequired: true, expected: KEY_SOURCE }),
  lookup: synchronousFunction({ isRequired: true }),
  into: oneOf(['context', 'data']),
  onMiss: oneOf(['keep', 'drop']),
  override: flag(),
};

/**
 * Adds information of the application to events, looked up by a key in the event.
 * @throws TrackingConfigException for invalid options, with all errors at once
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
    const check = new OptionChecker('Enrich', { example: EXAMPLE });
    this.options = check.read(options, RULES);
    this.key = EventKey.read(this.options.key, check.at('key'));
    check.throwIfAny();
    this.overrides = this.options.override ?? false;
  }

  /** @internal */
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
    // Copies objects, because the event is shared.
    return key === undefined || key === null
      ? undefined
      : synchronous(this.options.lookup(copyNormalForm(key) as never));
  }

  private intoContext(envelope: Envelope, added: EventFields): Envelope {
    const { context } = envelope;
    const together = context && withContext(context, added, this.overrides);
    return together === context || together === undefined ? envelope : envelope.inContext(together);
  }

  /**
   * Adds the fields to the data. A list or a string cannot have fields, so such data stays
   * unchanged.
   */
  private intoData(envelope: Envelope, added: EventFields): Envelope {
    const { data } = envelope;
    if (!isFields(data)) return envelope;
    const together = withFields(data, added, this.overrides);
    return together === data ? envelope : envelope.withData(together);
  }
}

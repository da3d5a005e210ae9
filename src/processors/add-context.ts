import { Inject, Injectable } from '@nestjs/common';
import type { ContextView, Envelope } from '../event/envelope';
import { isFields } from '../event/normalizer';
import type { SyncValues, TrackingEvent } from '../event/tracking-event';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, flag, synchronous as synchronousFunction } from '../common/option-rules';
import { showValue } from '../common/show-value';
import { isFunction } from '../common/value-kinds';
import { withContext } from './added-fields';
import { ContextMemo } from './context-memo';
import { readFields } from './constant-fields';
import { SharingProcessor } from './sharing-processor';

export interface AddContextOptions {
  /**
   * Values for the context; or a function that returns them for a copy of an event, and may return
   * nothing.
   */
  readonly values: object | ((event: TrackingEvent) => SyncValues | null | undefined);
  /**
   * True to replace values that the context already has under the same name.
   * @default false
   */
  readonly override?: boolean | undefined;
}

const EXAMPLE = "processor(AddContext, { values: { release: '2026.11' } })";
const RULES: OptionRules<AddContextOptions> = {
  values: anything({ isRequired: true, expected: 'an object of values by name, or a function' }),
  override: flag(),
};

/**
 * Adds values to the context of every event that reaches this processor.
 * Constant values cost next to nothing: the extended context and its JSON are created once per
 * scope.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class AddContext extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication: boolean;
  private readonly valuesFor: ((event: TrackingEvent) => unknown) | undefined;
  private readonly contexts: ContextMemo;
  private readonly overrides: boolean;

  constructor(@Inject(NODE_OPTIONS) options: AddContextOptions) {
    super();
    const check = new OptionChecker('AddContext', { example: EXAMPLE });
    const { values, override = false } = check.read(options, RULES);
    const isMade = isFunction(values);
    if (isMade) synchronousFunction().check(values, check.at('values'));
    const added = isMade ? {} : readFields(values, check.at('values'));
    check.throwIfAny();
    this.overrides = override;
    this.valuesFor = isMade ? (values as (event: TrackingEvent) => unknown) : undefined;
    this.contexts = new ContextMemo((context) => withContext(context, added, override));
    this.callsApplication = isMade;
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope {
    const { context } = envelope;
    if (context === undefined) return envelope;
    const together =
      this.valuesFor === undefined ? this.contexts.of(context) : this.withMade(this.valuesFor, envelope, context);
    return together === context ? envelope : envelope.inContext(together);
  }

  private withMade(
    valuesFor: (event: TrackingEvent) => unknown,
    envelope: Envelope,
    context: ContextView,
  ): ContextView {
    const values = synchronous(valuesFor(envelope.copy()));
    if (values === undefined || values === null) return context;
    const added = typeof values === 'object' ? envelope.normalForm('context', values) : undefined;
    if (!isFields(added)) throw new TypeError(`values gave ${showValue(values)}, which has no fields`);
    return withContext(context, added, this.overrides);
  }
}

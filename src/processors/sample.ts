import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DropReason } from '../ledger/reasons';
import type { ContextView, Envelope } from '../event/envelope';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { anything, anyText, checked, flag, number } from '../common/option-rules';
import { showName, showValue } from '../common/show-value';
import { isObject } from '../common/value-kinds';
import { withContext } from './added-fields';
import { ContextMemo } from './context-memo';
import { EventKey, type EventKeySource } from './event-key';
import { SharingProcessor } from './sharing-processor';

export interface SampleOptions {
  /**
   * Share of the events that is kept for each name, from 0 to 1.
   * @default {}
   */
  readonly rates?: Readonly<Record<string, number>> | undefined;
  /**
   * Share of all other events that is kept, from 0 to 1.
   * @default 1
   */
  readonly defaultRate?: number | undefined;
  /**
   * Value that is sampled as a whole: a path such as 'context.user_id', or a function, which gets a
   * copy of the event. A value kept at one rate is kept for all names with that rate or a higher
   * one, in every process. Events without this value are sampled at random.
   * @default each event is sampled at random
   */
  readonly by?: EventKeySource | undefined;
  /**
   * Seed of the selection. Another seed selects different values with the same share.
   * @default ''
   */
  readonly seed?: string | undefined;
  /**
   * True to write the share to `context.sample_rate` of kept events, unless it is 1.
   * @default false
   */
  readonly writeShare?: boolean | undefined;
}

/** Context field that `writeShare` sets. */
const SHARE_FIELD = 'sample_rate';

const EXAMPLE = "processor(Sample, { rates: { play_video: 0.1 }, by: 'context.user_id' })";
const SHARE = number({ min: 0, max: 1 });
const RULES: OptionRules<SampleOptions> = {
  rates: checked('an object of shares by name', checkRates, { fix: 'rates: { play_video: 0.1 }' }),
  defaultRate: SHARE,
  by: anything(),
  seed: anyText(),
  writeShare: flag(),
};

/**
 * Keeps a share of the events, and drops the others as 'sampled'.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class Sample extends SharingProcessor {
  readonly failsClosed = true;
  readonly callsApplication: boolean;
  private readonly rates: ReadonlyMap<string, number>;
  private readonly defaultRate: number;
  private readonly key: EventKey | undefined;
  private readonly seed: string;
  private readonly shares: ReadonlyMap<number, ContextMemo>;

  constructor(@Inject(NODE_OPTIONS) options: SampleOptions) {
    super();
    const check = new OptionChecker('Sample', { example: EXAMPLE });
    const given = check.read(options, RULES, ({ rates, defaultRate }) => {
      if (rates === undefined && defaultRate === undefined)
        check.add('rates and defaultRate are missing; expected one of them.');
    });
    const { rates = {}, defaultRate = 1, by, seed = '', writeShare = false } = given;
    this.key = EventKey.read(by, check.at('by'));
    check.throwIfAny();
    this.rates = new Map(Object.entries(rates));
    this.defaultRate = defaultRate;
    this.callsApplication = this.key?.callsApplication === true;
    this.seed = seed;
    const all = writeShare ? [...this.rates.values(), defaultRate] : [];
    this.shares = new Map(all.map((rate) => [rate, new ContextMemo((context) => withShare(context, rate))]));
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope | DropReason {
    const rate = this.rates.get(envelope.name) ?? this.defaultRate;
    if (rate === 1) return envelope;
    if (rate === 0 || this.draw(envelope) >= rate) return 'sampled';
    const { context } = envelope;
    const share = this.shares.get(rate);
    return share === undefined || context === undefined ? envelope : envelope.inContext(share.of(context));
  }

  /** Returns a number from 0 up to, but not including, 1. */
  private draw(envelope: Envelope): number {
    const key = this.key?.textIn(envelope);
    return key === undefined ? Math.random() : fractionOf(`${this.seed}:${key}`);
  }
}

/**
 * Returns the first 32 bits of SHA-256 as a fraction, so that other programs can compute the
 * selection in any language.
 */
function fractionOf(text: string): number {
  return Number.parseInt(hash('sha256', text).slice(0, 8), 16) / 2 ** 32;
}

/** Writes the share, multiplied by the share of an earlier sample. */
function withShare(context: ContextView, rate: number): ContextView {
  const outer = context.get(SHARE_FIELD);
  return withContext(context, { [SHARE_FIELD]: typeof outer === 'number' ? outer * rate : rate }, true);
}

function checkRates(rates: unknown, place: OptionPlace): void {
  if (!isObject(rates)) {
    place.reject(showValue(rates), 'an object of shares by name');
    return;
  }
  for (const [name, rate] of Object.entries(rates)) SHARE.check(rate, place.inside(`[${showName(name)}]`));
}

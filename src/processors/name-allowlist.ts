import { Inject, Injectable } from '@nestjs/common';
import type { TrackingEvent } from '../event/tracking-event';
import type { EventProcessor } from '../routing/contracts';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything } from '../common/option-rules';
import { readStrings, STRING_LIST } from './string-list';

export interface NameAllowlistOptions {
  /** Names of events that pass. Compared exactly: no patterns, no case folding. */
  readonly names: Iterable<string>;
}

const EXAMPLE = "processor(NameAllowlist, { names: ['problem_check', 'play_video'] })";
const RULES: OptionRules<NameAllowlistOptions> = {
  names: anything({ isRequired: true, expected: STRING_LIST }),
};

/**
 * Passes only events with the given names.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class NameAllowlist implements EventProcessor {
  private readonly names: ReadonlySet<string>;

  constructor(@Inject(NODE_OPTIONS) options: NameAllowlistOptions) {
    const check = new OptionChecker('NameAllowlist', { example: EXAMPLE });
    this.names = readStrings(check.read(options, RULES).names, check.at('names'));
    check.throwIfAny();
  }

  process(event: TrackingEvent): null | undefined {
    return this.keepsName(event.name) ? undefined : null;
  }

  /** @internal */
  keepsName(name: string): boolean {
    return this.names.has(name);
  }
}

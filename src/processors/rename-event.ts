import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '../event/envelope';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionPlace, OptionRules } from '../common/option-place';
import { checked, synchronous as synchronousFunction } from '../common/option-rules';
import { showName, showValue } from '../common/show-value';
import { isFunction, isObject, isText } from '../common/value-kinds';
import { SharingProcessor } from './sharing-processor';

export interface RenameEventOptions {
  /**
   * New names by old names; or a function that returns the new name, which may be the old one.
   * Other events keep their names.
   */
  readonly names: Readonly<Record<string, string>> | ((name: string) => string);
}

const EXAMPLE = "processor(RenameEvent, { names: { play_video: 'edx.video.played' } })";
const RULES: OptionRules<RenameEventOptions> = {
  names: checked('an object of new names by old names, or a function', checkNames, { isRequired: true, fix: EXAMPLE }),
};

/**
 * Renames events for the following steps of this branch. Does not read their data.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class RenameEvent extends SharingProcessor {
  readonly failsClosed = false;
  readonly callsApplication: boolean;
  private readonly nameFor: (name: string) => unknown;

  constructor(@Inject(NODE_OPTIONS) options: RenameEventOptions) {
    super();
    const check = new OptionChecker('RenameEvent', { example: EXAMPLE });
    const { names } = check.read(options, RULES);
    check.throwIfAny();
    this.callsApplication = typeof names === 'function';
    if (typeof names === 'function') this.nameFor = names;
    else {
      const byName = new Map(Object.entries(names));
      this.nameFor = (name) => byName.get(name) ?? name;
    }
  }

  /** @internal */
  processEnvelope(envelope: Envelope): Envelope {
    const name = synchronous(this.nameFor(envelope.name));
    if (name === envelope.name) return envelope;
    if (typeof name !== 'string' || name === '') throw new TypeError(`names gave ${showValue(name)}, which is no name`);
    return envelope.renamed(name);
  }
}

function checkNames(names: unknown, place: OptionPlace): void {
  if (isFunction(names)) {
    synchronousFunction().check(names, place);
    return;
  }
  if (!isObject(names)) {
    place.reject(showValue(names), 'an object of new names by old names, or a function');
    return;
  }
  for (const [old, name] of Object.entries(names)) {
    if (!isText(name)) place.inside(`[${showName(old)}]`).reject(showValue(name), 'a non-empty string');
  }
}

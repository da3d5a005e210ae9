import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '../event/envelope';
import { synchronous } from '../common/async-result';
import { NODE_OPTIONS } from '../routing/tokens';
import { showName, showValue } from '../common/tracking-config.exception';
import { OptionFaults } from './option-faults';
import { SharingProcessor } from './sharing-processor';

export interface RenameEventOptions {
  /**
   * New names by old names; or a function that returns the new name, which may be the old one.
   * Other events keep their names.
   */
  readonly names: Readonly<Record<string, string>> | ((name: string) => string);
}

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
    const faults = new OptionFaults(
      'RenameEvent',
      "processor(RenameEvent, { names: { play_video: 'edx.video.played' } })",
    );
    const { names } = faults.read(options, ['names']);
    this.callsApplication = typeof names === 'function';
    if (typeof names === 'function') {
      faults.synchronous('names', names);
      this.nameFor = names;
    } else {
      const byName = readNames(names, faults);
      this.nameFor = (name) => byName.get(name) ?? name;
    }
    faults.throwIfAny();
  }

  processEnvelope(envelope: Envelope): Envelope {
    const name = synchronous(this.nameFor(envelope.name));
    if (name === envelope.name) return envelope;
    if (typeof name !== 'string' || name === '') throw new TypeError(`names gave ${showValue(name)}, which is no name`);
    return envelope.renamed(name);
  }
}

function readNames(names: unknown, faults: OptionFaults): ReadonlyMap<string, string> {
  if (typeof names !== 'object' || names === null || Array.isArray(names)) {
    faults.add(`names is ${showValue(names)}, neither an object of new names by old ones nor a function.`);
    return new Map();
  }
  for (const [old, name] of Object.entries(names)) {
    if (typeof name !== 'string' || name === '') {
      faults.add(`names gives ${showName(old)} the name ${showValue(name)}, which is none.`);
    }
  }
  return new Map(Object.entries(names as Record<string, string>));
}

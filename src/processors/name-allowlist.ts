import { Inject, Injectable } from '@nestjs/common';
import type { TrackingEvent } from '../event/tracking-event';
import type { NameFilter } from '../routing/contracts';
import { NODE_OPTIONS } from '../routing/tokens';
import { showValue, TrackingConfigException } from '../common/tracking-config.exception';

export interface NameAllowlistOptions {
  /** Names of events that pass. Compared exactly: no patterns, no case folding. */
  readonly names: Iterable<string>;
}

/**
 * Passes only events with the given names.
 * @throws TrackingConfigException if `names` is not a list of strings
 */
@Injectable()
export class NameAllowlist implements NameFilter {
  private readonly names: ReadonlySet<string>;

  constructor(@Inject(NODE_OPTIONS) options: NameAllowlistOptions) {
    this.names = new Set(readNames((options as NameAllowlistOptions | undefined)?.names));
  }

  process(event: TrackingEvent): null | undefined {
    return this.keepsName(event.name) ? undefined : null;
  }

  keepsName(name: string): boolean {
    return this.names.has(name);
  }
}

function readNames(names: unknown): string[] {
  // A string is iterable too, character by character, and would drop every intended event.
  const isList = typeof names === 'object' && names !== null && Symbol.iterator in names;
  const list = isList ? [...(names as Iterable<unknown>)] : undefined;
  const odd = list?.findIndex((name) => typeof name !== 'string') ?? -1;
  if (list !== undefined && odd < 0) return list as string[];
  const what =
    list === undefined
      ? `names is ${showValue(names)}, not a list of texts.`
      : `names holds ${showValue(list[odd])}, which is not a text.`;
  throw TrackingConfigException.create([
    { path: 'NameAllowlist', what, fix: "processor(NameAllowlist, { names: ['problem_check', 'play_video'] })" },
  ]);
}

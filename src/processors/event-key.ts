import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { toNormalForm } from '../event/normal-form';
import type { TrackingEvent } from '../event/tracking-event';
import { synchronous } from '../common/async-result';
import { showName, showValue } from '../common/tracking-config.exception';
import { PathFault, readValuePath, type ValuePath } from './event-path';
import type { OptionFaults } from './option-faults';

/**
 * Source of the value that identifies an event: a path, such as 'context.user_id', or a function,
 * which gets a copy of the event.
 */
export type EventKeySource = string | ((event: TrackingEvent) => unknown);

/** Reads the identifying value of events. */
export class EventKey {
  private constructor(private readonly source: ValuePath | ((event: TrackingEvent) => unknown)) {}

  /**
   * Reads the source from an option.
   * @param name name of the option
   */
  static read(name: string, source: unknown, faults: OptionFaults): EventKey | undefined {
    if (typeof source === 'function') {
      faults.synchronous(name, source);
      return new EventKey(source as (event: TrackingEvent) => unknown);
    }
    if (typeof source !== 'string') {
      faults.add(`${name} is ${showValue(source)}, neither a path nor a function.`);
      return undefined;
    }
    const path = readValuePath(source);
    if (!(path instanceof PathFault)) return new EventKey(path);
    faults.add(`${name} is ${showName(source)}: ${path.what}`, path.fix);
    return undefined;
  }

  get callsApplication(): boolean {
    return typeof this.source === 'function';
  }

  /** Returns the value, which must not be changed. */
  valueIn(envelope: Envelope): unknown {
    return typeof this.source === 'function'
      ? synchronous(this.source(envelope.copy()))
      : this.source.valueIn(envelope);
  }

  /**
   * Returns the value as a string of bounded length; undefined if the value is undefined, null or
   * ''. 5 and '5' are equal.
   */
  textIn(envelope: Envelope): string | undefined {
    const value = this.valueIn(envelope);
    if (value === undefined || value === null || value === '') return undefined;
    return boundedKey(toText(value));
  }
}

const KEY_LIMITS = { maxDepth: 8, maxNodes: 200, maxTextLength: 10_000 };

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return value.toJSON();
  return JSON.stringify(toNormalForm(value, KEY_LIMITS, () => undefined));
}

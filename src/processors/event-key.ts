import { boundedKey } from '../common/bounded-key';
import type { Envelope } from '../event/envelope';
import { toNormalForm } from '../event/normal-form';
import type { TrackingEvent } from '../event/tracking-event';
import { synchronous } from '../common/async-result';
import type { OptionPlace } from '../common/option-place';
import { synchronous as synchronousFunction } from '../common/option-rules';
import { showName, showValue } from '../common/show-value';
import { PathError, readValuePath, type ValuePath } from './paths/event-path';

/**
 * Source of the value that identifies an event: a path, such as 'context.user_id', or a function,
 * which gets a copy of the event.
 */
export type EventKeySource = string | ((event: TrackingEvent) => unknown);

/** Description of a key source, as it follows "expected" in an error. */
export const KEY_SOURCE = 'a path or a function';

/** Reads the identifying value of events. */
export class EventKey {
  private constructor(private readonly source: ValuePath | ((event: TrackingEvent) => unknown)) {}

  /** Reads the source from an option. @param source undefined counts as no key */
  static read(source: unknown, place: OptionPlace): EventKey | undefined {
    if (source === undefined) return undefined;
    if (typeof source === 'function') {
      synchronousFunction().check(source, place);
      return new EventKey(source as (event: TrackingEvent) => unknown);
    }
    if (typeof source !== 'string') {
      place.reject(showValue(source), KEY_SOURCE);
      return undefined;
    }
    const path = readValuePath(source);
    if (!(path instanceof PathError)) return new EventKey(path);
    place.add(`is ${showName(source)}: ${path.what}`, path.fix);
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

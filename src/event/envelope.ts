import { OwnContext, type ContextView } from './context-view';
import { EmittedData } from './emitted-data';
import { EventVersion, OWN_FIELDS, type CarriedFacts, type EventFacts } from './event-version';
import { isSameForm } from './form-copies';
import { isFields, type Normalizer } from './normalizer';
import type { ReplacedKind } from './replaced-value';
import type { EventFields, IdentifiedEvent, TrackingEvent } from './tracking-event';

export { OwnContext, type ContextView, type Finding } from './context-view';
export type { CarriedFacts } from './event-version';

/** The facts that `emit` has before any node asks for more than the name. */
export interface EmittedEvent extends EventFacts {
  /**
   * The data as the caller gave it. It is read once, when the first node asks for it, and before
   * `emit` returns.
   */
  readonly data: unknown;
}

/**
 * One version of an event on its way through the pipeline, from which processors make the next.
 *
 * It holds the parts that processors may not change (id, parent id, depth) and the event that they
 * may change. All holders of the envelope share `event` and must not change it; a holder that
 * changes the event takes a `copy()`. Versions share every part that they have in common. An event
 * that every filter rejects by its name costs no walk over its data. `EventVersion` lists the
 * states.
 */
export class Envelope extends EventVersion {
  static of(emitted: EmittedEvent, normalizer: Normalizer): Envelope {
    return new Envelope(emitted, normalizer, undefined, new EmittedData(emitted.data, emitted.name, normalizer));
  }

  /**
   * Creates the envelope of an event that a queue returns. The event is already in normal form and
   * shared with no other object.
   */
  static carried(read: IdentifiedEvent, origin: CarriedFacts, normalizer: Normalizer): Envelope {
    const name = normalizer.name(read.name);
    const stored = name === read.name ? read : { ...read, name };
    const { id, timestamp, data } = stored;
    const context = new OwnContext(isFields(stored.context) ? stored.context : {});
    const { depth = 0, parentId, length } = origin;
    // A processor may have set the timestamp to any value in normal form. The event is then kept as
    // it was made.
    const time = timestamp instanceof Date ? timestamp.getTime() : NaN;
    const facts = { id, name, time, context, depth, parentId };
    // Most events have no other fields and are only passed on or written, so no new object is made
    // for them.
    const isUsual =
      Object.keys(stored).length === OWN_FIELDS + 1 &&
      Number.isFinite(time) &&
      context.values === stored.context &&
      isFields(data);
    const envelope = isUsual
      ? new Envelope(facts, normalizer, undefined, EmittedData.formed(data, name, normalizer))
      : new Envelope(facts, normalizer, withoutId(stored), undefined);
    if (isUsual) envelope.kept = stored;
    envelope.knownLength = length;
    return envelope;
  }

  /** Creates the envelope of the same event as a processor returned it, in normal form. */
  with(result: object): Envelope {
    return this.asEmitted(result) ?? this.changed(this.normalizer.processed(result, this.event));
  }

  /**
   * Creates the envelope of the same event as a built-in processor left it: already in normal form,
   * and sharing every unchanged part with this one.
   */
  changed(event: TrackingEvent): Envelope {
    return new Envelope(this.facts(event.name, this.emittedContext), this.normalizer, event, undefined);
  }

  /**
   * The same event with other data.
   * @param data in normal form
   */
  withData(data: unknown): Envelope {
    const { emitted, name, normalizer } = this;
    if (emitted === undefined) return this.changed({ ...this.event, data: data as EventFields });
    const facts = this.facts(name, this.emittedContext);
    return new Envelope(facts, normalizer, undefined, EmittedData.formed(data, name, normalizer));
  }

  /** The same event under another name. This does not read the data. */
  renamed(given: string): Envelope {
    const name = this.normalizer.name(given);
    if (this.emitted === undefined) return this.changed({ ...this.event, name });
    return new Envelope(this.facts(name, this.emittedContext), this.normalizer, undefined, this.emitted);
  }

  /** The same event in another context. This does not read the data. */
  inContext(context: ContextView): Envelope {
    const { emitted, name, normalizer } = this;
    const facts = this.facts(name, context);
    if (emitted !== undefined) return new Envelope(facts, normalizer, undefined, emitted);
    return new Envelope(facts, normalizer, { ...this.event, context: context.values as EventFields }, undefined);
  }

  /**
   * The normal form of a value that a function of the application returned for a part of this
   * event. Replaced values are counted.
   */
  normalForm(part: 'context' | 'data', value: object): unknown {
    return part === 'data' ? this.normalizer.data(this.name, value) : this.normalizer.context(this.name, value);
  }

  /** Counts values that a processor replaced because there were too many. */
  reportReplaced(kind: ReplacedKind, count: number): void {
    this.normalizer.reportReplaced(this.name, kind, count);
  }

  /**
   * Treats a processor's result like a newly emitted event. Most processors return an event with
   * the same fields and the same context. Its data is then read when the next node needs it, before
   * any other code of the application runs.
   *
   * @returns undefined if the result has other or missing fields, another context, or an invalid
   * name or timestamp
   */
  private asEmitted(result: object): Envelope | undefined {
    if (Object.keys(result).length !== OWN_FIELDS) return undefined;
    const { name: given, timestamp, context: values, data } = result as Partial<TrackingEvent>;
    const { context, normalizer } = this;
    if (typeof given !== 'string' || given === '' || data === undefined || context === undefined) return undefined;
    if (!(timestamp instanceof Date) || !isSameContext(values, context)) return undefined;
    const time = timestamp.getTime();
    if (!Number.isFinite(time)) return undefined;
    const name = normalizer.name(given);
    const facts = this.facts(name, context, time);
    return new Envelope(facts, normalizer, undefined, new EmittedData(data, name, normalizer, this));
  }

  private facts(name: string, context: ContextView, time = this.time): EventFacts {
    return { id: this.id, name, time, context, depth: this.depth, parentId: this.parentId };
  }
}

function isSameContext(values: unknown, context: ContextView): boolean {
  try {
    return isSameForm(values, context.values);
  } catch {
    return false; // the normal form replaces values that cannot be read
  }
}

function withoutId({ id: _, ...event }: IdentifiedEvent): TrackingEvent {
  return event;
}

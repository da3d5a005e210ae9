import { types } from 'node:util';
import { OwnContext, type ContextView } from './context-view';
import type { EmittedData } from './emitted-data';
import { estimateLength } from './form-copies';
import { emittedText, eventText } from './json-text';
import { isFields, type Normalizer } from './normalizer';
import type { EventFields, IdentifiedEvent, TrackingEvent } from './tracking-event';

/** Facts of an event that are known without reading its data. */
export interface EventFacts {
  readonly id: string;
  readonly name: string;
  /** The time of the emit, in epoch milliseconds. */
  readonly time: number;
  readonly context: ContextView;
  /**
   * How many events deep this one was emitted inside the processing of others; 0 for an event of
   * the application.
   */
  readonly depth: number;
  /** The id of the event during whose processing this one was emitted. */
  readonly parentId: string | undefined;
}

/** Facts that a queue keeps next to an event. */
export interface CarriedFacts {
  readonly depth?: number | undefined;
  readonly parentId?: string | undefined;
  /** Approximate length of the event's JSON text, in characters. */
  readonly length?: number | undefined;
}

/** Characters of a line around name, context and data: the keys, the timestamp and the id. */
const FRAME_LENGTH = 125;

/** Number of fields that every event has: name, timestamp, context and data. */
export const OWN_FIELDS = 4;

/**
 * One version of an event, in each form in which backends, queues and processors read it. Each form
 * is made on the first read, and at most once.
 *
 * States:
 *
 * - in parts: the version has its name, its context and the emitted data apart. It is only written
 *   or counted, which is all that most events need.
 * - in parts, with its event: `event` was read, which made it of the parts.
 * - whole: a processor, or a queue, gave the event as one object. It has no emitted data, and the
 *   name and the context of the emit are only used where the event still has the same.
 */
export abstract class EventVersion {
  readonly id: string;
  readonly name: string;
  readonly depth: number;
  readonly parentId: string | undefined;
  protected readonly time: number;
  protected readonly emittedContext: ContextView;
  /** The event as a queue returned it, while it is unchanged. */
  protected kept: IdentifiedEvent | undefined;
  /** The length of the JSON text according to the queue. */
  protected knownLength: number | undefined;
  private json: string | undefined;
  private size = -1;

  /**
   * @param facts of the emit, with the name of this version
   * @param made the event; undefined for a version in parts
   * @param emitted the data; undefined for a whole version
   */
  protected constructor(
    facts: EventFacts,
    protected readonly normalizer: Normalizer,
    protected made: TrackingEvent | undefined,
    protected readonly emitted: EmittedData | undefined,
  ) {
    this.id = facts.id;
    this.name = facts.name;
    this.depth = facts.depth;
    this.parentId = facts.parentId;
    this.time = facts.time;
    this.emittedContext = facts.context;
  }

  get event(): TrackingEvent {
    return (this.made ??= {
      name: this.name,
      timestamp: new Date(this.time),
      context: this.emittedContext.values as EventFields,
      data: this.data as EventFields,
    });
  }

  /** Returns a copy of the event that the caller may change. */
  copy(): TrackingEvent {
    return this.normalizer.copy(this.event);
  }

  /**
   * The context of `event`, without making the event. Undefined if a processor replaced the context
   * with a value without fields.
   */
  get context(): ContextView | undefined {
    const { made, emittedContext } = this;
    if (made === undefined || made.context === emittedContext.values) return emittedContext;
    return isFields(made.context) ? new OwnContext(made.context) : undefined;
  }

  /** The data of `event`, without making the event. */
  get data(): unknown {
    return this.emitted === undefined ? this.event.data : this.emitted.value();
  }

  /**
   * The data of `event` for read-only use before `emit` returns. Returns the caller's own object if
   * that is the data to be written.
   */
  dataToRead(): unknown {
    return this.emitted === undefined ? this.event.data : this.emitted.toRead();
  }

  /** The JSON text of the data alone, kept for `text()` as well. */
  dataText(): string {
    return this.emitted === undefined ? JSON.stringify(this.event.data) : this.emitted.text();
  }

  /**
   * The timestamp of `event` in epoch milliseconds, without making the event; NaN if a processor
   * replaced it with another value.
   */
  get timestampMs(): number {
    return this.made === undefined ? this.time : timestampMsOf(this.made);
  }

  /** True if a processor has added fields to those that every event has. */
  get hasAddedFields(): boolean {
    return this.made !== undefined && Object.keys(this.made).length > OWN_FIELDS;
  }

  /**
   * True if the event is known to have no Date except its timestamp; false if it was never checked.
   */
  get hasNoDates(): boolean {
    return this.emitted?.hasNoDates === true && this.emittedContext.hasNoDates;
  }

  /**
   * Prepares the version to be kept after `emit` returns: it takes everything it needs of the
   * caller's data, which may change later.
   */
  hold(): this {
    this.emitted?.hold();
    return this;
  }

  /** The same as `hold`, for a version of which only the text will be read. */
  holdText(): this {
    this.emitted?.holdText();
    return this;
  }

  /** The JSON text, however many backends write it. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  /** The size of `text()` in UTF-8 bytes. */
  bytes(): number {
    if (this.size < 0) this.size = Buffer.byteLength(this.text());
    return this.size;
  }

  /**
   * The approximate length of the JSON text without making it, or its exact length if it is already
   * made.
   */
  estimatedLength(): number {
    if (this.json !== undefined) return this.json.length;
    if (this.knownLength !== undefined) return this.knownLength;
    const contextLength = this.context?.estimatedLength() ?? 0;
    const dataLength = this.emitted === undefined ? estimateLength(this.event.data) : this.emitted.estimatedLength();
    return this.name.length + FRAME_LENGTH + contextLength + dataLength;
  }

  /** The event with its id. It shares all its parts with `event`. */
  sharedStored(): IdentifiedEvent {
    const { emittedContext, id, kept, made, name, time } = this;
    if (kept !== undefined) return kept;
    if (made !== undefined) return withId(made, id);
    const context = emittedContext.values as EventFields;
    return { name, timestamp: new Date(time), id, context, data: this.data as EventFields };
  }

  /** The event with its id, in a copy that the caller may change. */
  stored(): IdentifiedEvent {
    return withId(this.copy(), this.id);
  }

  private makeText(): string {
    const { emitted, emittedContext, id } = this;
    // Most events are only written. For these, neither the context nor the event is built as an
    // object.
    if (emitted !== undefined) return emittedText(this.name, this.time, id, emittedContext.text(), emitted.text());
    const { event } = this;
    return eventText(event, id, event.context === emittedContext.values ? emittedContext.text() : undefined);
  }
}

/** The timestamp in epoch milliseconds; NaN if a processor replaced it with another value. */
export function timestampMsOf({ timestamp }: { readonly timestamp: unknown }): number {
  return types.isDate(timestamp) ? timestamp.getTime() : Number.NaN;
}

/** Returns the event with its id, with the fields in the order of a log line. */
function withId({ name, timestamp, ...rest }: TrackingEvent, id: string): IdentifiedEvent {
  return { name, timestamp, id, ...rest };
}

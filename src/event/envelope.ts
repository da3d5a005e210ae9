import { estimateLength, hasDates, isSameForm } from './form-copies';
import { emittedText, eventText } from './json-text';
import { isFields, type Normalizer } from './normalizer';
import type { ReplacedKind } from './replaced-value';
import type { EventFields, StoredEvent, TrackingEvent } from './tracking-event';

/**
 * The context that all events of one scope share, with its JSON text, made once for all of them.
 */
export interface ContextView {
  /** The context's values, made on the first read. Always the same object. */
  readonly values: object;
  text(): string;
  estimatedLength(): number;
  readonly hasNoDates: boolean;
  /** Returns one value without making all of them; undefined if no value has that name. */
  get(key: string): unknown;
  /**
   * Cached results of scans of the values, so that the next event with the same values needs no
   * scan.
   */
  findings: Finding | undefined;
}

/**
 * The result of one scan of shared values. It is not in a WeakMap, because an entry for each scope
 * costs an emit up to 1 µs.
 */
export interface Finding {
  /** The object that scanned the values and owns the result. */
  readonly by: unknown;
  readonly found: unknown;
  /** The next finding in the list, which has another owner. */
  readonly next: Finding | undefined;
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
const OWN_FIELDS = 4;

/** A context that belongs to no scope: a processor made it for one event. */
export class OwnContext implements ContextView {
  findings: Finding | undefined;
  private json: string | undefined;

  /** @param values in normal form, and shared with no other object */
  constructor(readonly values: EventFields) {}

  text(): string {
    return (this.json ??= JSON.stringify(this.values));
  }

  estimatedLength(): number {
    return estimateLength(this.values);
  }

  get hasNoDates(): boolean {
    return !hasDates(this.values);
  }

  get(key: string): unknown {
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }
}

/** The facts that `emit` has before any node asks for more than the name. */
export interface EmittedEvent {
  readonly id: string;
  readonly name: string;
  /** The time of the emit, in epoch milliseconds. */
  readonly time: number;
  readonly context: ContextView;
  /**
   * The data as the caller gave it. It is read once, when the first node asks for it, and before
   * `emit` returns.
   */
  readonly data: unknown;
  /**
   * How many events deep this one was emitted inside the processing of others; 0 for an event of
   * the application.
   */
  readonly depth: number;
  /** The id of the event during whose processing this one was emitted. */
  readonly parentId: string | undefined;
}

/**
 * One version of an event on its way through the pipeline.
 *
 * It holds the parts that processors may not change (id, parent id, depth) and the event that they
 * may change. All holders of the envelope share `event` and must not change it; a holder that
 * changes the event takes a `copy()`. The event is made on the first read, so an event that every
 * filter rejects by its name costs no walk over its data.
 */
export class Envelope {
  private json: string | undefined;
  private size = -1;
  /** The data in normal form, as long as the event is not made. */
  private formed: unknown;
  private dataJson: string | undefined;
  /**
   * Upper bound of the length of the data's JSON text, if the data was found to be in normal form;
   * else 0.
   */
  private maxPlainLength = 0;
  /** The version from which a processor made this one. */
  private processedFrom: Envelope | undefined;
  /** The event as a queue returned it, while it is unchanged. */
  private kept: StoredEvent | undefined;
  /** The length of the JSON text according to the queue. */
  private knownLength: number | undefined;

  private constructor(
    private emitted: EmittedEvent,
    private readonly normalizer: Normalizer,
    private made: TrackingEvent | undefined,
    /** The version that has the emitted data, which this version shares. */
    private readonly source?: Envelope,
  ) {}

  static of(emitted: EmittedEvent, normalizer: Normalizer): Envelope {
    return new Envelope(emitted, normalizer, undefined);
  }

  /**
   * Creates the envelope of an event that a queue returns. The event is already in normal form and
   * shared with no other object.
   */
  static carried(read: StoredEvent, origin: CarriedFacts, normalizer: Normalizer): Envelope {
    const name = normalizer.name(read.name);
    const stored = name === read.name ? read : { ...read, name };
    const { id, timestamp, data } = stored;
    const context = new OwnContext(isFields(stored.context) ? stored.context : {});
    const { depth = 0, parentId, length } = origin;
    // A processor may have set the timestamp to any value in normal form. The event is then kept as
    // it was made.
    const time = timestamp instanceof Date ? timestamp.getTime() : NaN;
    const emitted = { id, name, time, context, data: undefined, depth, parentId };
    // Most events have no other fields and are only passed on or written, so no new object is made
    // for them.
    const isUsual =
      Object.keys(stored).length === OWN_FIELDS + 1 &&
      Number.isFinite(time) &&
      context.values === stored.context &&
      isFields(data);
    const envelope = new Envelope(emitted, normalizer, isUsual ? undefined : withoutId(stored));
    if (isUsual) {
      envelope.formed = data;
      envelope.kept = stored;
    }
    envelope.knownLength = length;
    return envelope;
  }

  get id(): string {
    return this.emitted.id;
  }

  get parentId(): string | undefined {
    return this.emitted.parentId;
  }

  get name(): string {
    return this.made === undefined ? this.emitted.name : this.made.name;
  }

  get depth(): number {
    return this.emitted.depth;
  }

  /**
   * The context of `event`, without making the event. Undefined if a processor replaced the context
   * with a value without fields.
   */
  get context(): ContextView | undefined {
    const { made } = this;
    const { context } = this.emitted;
    if (made === undefined || made.context === context.values) return context;
    return isFields(made.context) ? new OwnContext(made.context) : undefined;
  }

  get event(): TrackingEvent {
    return (this.made ??= this.make());
  }

  /**
   * Prepares the envelope to be kept after `emit` returns: it takes everything it needs of the
   * caller's data, which may change later.
   */
  hold(): this {
    if (this.source !== undefined) this.source.hold();
    else if (this.made === undefined && this.dataJson === undefined) this.formed ??= this.formData();
    // The caller's data may reference large objects, such as a request. They must not stay in
    // memory for as long as the event waits.
    if (this.emitted.data !== undefined) this.emitted = { ...this.emitted, data: undefined };
    this.processedFrom = undefined;
    return this;
  }

  /**
   * The approximate length of the JSON text without making it, or its exact length if it is already
   * made.
   */
  estimatedLength(): number {
    if (this.json !== undefined) return this.json.length;
    if (this.knownLength !== undefined) return this.knownLength;
    const { context } = this;
    const contextLength = context === undefined ? 0 : context.estimatedLength();
    const dataLength = this.dataJson?.length ?? estimateLength(this.data);
    return this.name.length + FRAME_LENGTH + contextLength + dataLength;
  }

  /**
   * True if the event is known to have no Date except its timestamp; false if it was never checked.
   */
  get hasNoDates(): boolean {
    if (this.made !== undefined || this.formed !== undefined || !this.emitted.context.hasNoDates) return false;
    return this.source === undefined ? this.dataJson !== undefined : this.source.hasNoDates;
  }

  /** Returns a copy of the event that the caller may change. */
  copy(): TrackingEvent {
    return this.normalizer.copy(this.event);
  }

  /** Creates the envelope of the same event as a processor returned it, in normal form. */
  with(result: object): Envelope {
    return (
      this.asEmitted(result) ??
      new Envelope(this.emitted, this.normalizer, this.normalizer.processed(result, this.event))
    );
  }

  /**
   * Creates the envelope of the same event as a built-in processor left it: already in normal form,
   * and sharing every unchanged part with this one.
   */
  changed(event: TrackingEvent): Envelope {
    return new Envelope(this.emitted, this.normalizer, event);
  }

  /** True if a processor has added fields to those that every event has. */
  get hasAddedFields(): boolean {
    return this.made !== undefined && Object.keys(this.made).length > OWN_FIELDS;
  }

  /** The data of `event`, without making the event. */
  get data(): unknown {
    return this.made === undefined ? this.emittedData() : this.made.data;
  }

  /**
   * The data of `event` for read-only use before `emit` returns. Returns the caller's own object if
   * that is the data to be written.
   */
  dataToRead(): unknown {
    if (this.source !== undefined) return this.source.dataToRead();
    if (this.made !== undefined || this.formed !== undefined || this.dataJson !== undefined) return this.data;
    const { emitted, normalizer, processedFrom } = this;
    this.maxPlainLength = processedFrom === undefined ? normalizer.maxPlainLength(emitted.data) : 0;
    return this.maxPlainLength > 0 ? emitted.data : this.emittedData();
  }

  /** The JSON text of the data alone, kept for `text()` as well. */
  dataText(): string {
    if (this.made !== undefined) return JSON.stringify(this.made.data);
    return this.source === undefined ? (this.dataJson ??= this.makeDataText()) : this.source.dataText();
  }

  /**
   * The same event with other data.
   * @param data in normal form
   */
  withData(data: unknown): Envelope {
    const { made, emitted, normalizer } = this;
    if (made !== undefined) return this.changed({ ...made, data: data as EventFields });
    const envelope = new Envelope(emitted, normalizer, undefined);
    envelope.formed = data;
    return envelope;
  }

  /** The same event under another name. This does not read the data. */
  renamed(given: string): Envelope {
    const name = this.normalizer.name(given);
    return this.derived({ ...this.emitted, name }, (event) => ({ ...event, name }));
  }

  /** The same event in another context. This does not read the data. */
  inContext(context: ContextView): Envelope {
    return this.derived({ ...this.emitted, context }, (event) => ({
      ...event,
      context: context.values as EventFields,
    }));
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

  /** The JSON text, made once per version, however many backends write it. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  /** The size of `text()` in UTF-8 bytes. */
  bytes(): number {
    if (this.size < 0) this.size = Buffer.byteLength(this.text());
    return this.size;
  }

  /** The event with its id. It shares all its parts with `event`. */
  sharedStored(): StoredEvent {
    if (this.kept !== undefined) return this.kept;
    if (this.made === undefined) {
      const { name, time, context } = this.emitted;
      const values = context.values as TrackingEvent['context'];
      return { name, timestamp: new Date(time), id: this.id, context: values, data: this.emittedData() as EventFields };
    }
    const { name, timestamp, ...rest } = this.made;
    return { name, timestamp, id: this.id, ...rest };
  }

  stored(): StoredEvent {
    const { name, timestamp, ...rest } = this.copy();
    return { name, timestamp, id: this.id, ...rest }; // in the order of the fields in a log line
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
    const { name, timestamp, context: values, data } = result as Partial<TrackingEvent>;
    const { context } = this;
    if (typeof name !== 'string' || name === '' || data === undefined || context === undefined) return undefined;
    if (!(timestamp instanceof Date) || !this.isSameContext(values, context)) return undefined;
    const time = timestamp.getTime();
    if (!Number.isFinite(time)) return undefined;
    const { normalizer } = this;
    const emitted = { ...this.emitted, name: normalizer.name(name), time, context, data };
    const envelope = new Envelope(emitted, normalizer, undefined);
    envelope.processedFrom = this;
    return envelope;
  }

  private isSameContext(values: unknown, context: ContextView): boolean {
    try {
      return isSameForm(values, context.values);
    } catch {
      return false; // the normal form replaces values that cannot be read
    }
  }

  private derived(emitted: EmittedEvent, change: (event: TrackingEvent) => TrackingEvent): Envelope {
    const { made, normalizer } = this;
    if (made !== undefined) return new Envelope(emitted, normalizer, change(made));
    return new Envelope(emitted, normalizer, undefined, this.source ?? this);
  }

  private make(): TrackingEvent {
    const { name, time, context } = this.emitted;
    return {
      name,
      timestamp: new Date(time),
      context: context.values as TrackingEvent['context'],
      data: this.emittedData() as TrackingEvent['data'],
    };
  }

  private emittedData(): unknown {
    if (this.source !== undefined) return this.source.emittedData();
    return (this.formed ??= this.formData());
  }

  /**
   * Makes the normal form from the JSON text if there is one: another backend may have changed the
   * caller's data since then.
   */
  private formData(): unknown {
    if (this.dataJson !== undefined) return JSON.parse(this.dataJson);
    const { name, data } = this.emitted;
    if (this.processedFrom === undefined) return this.normalizer.data(name, data);
    return this.normalizer.processedData(name, data, this.processedFrom.data);
  }

  private makeDataText(): string {
    const isProcessed = this.processedFrom !== undefined;
    const text =
      this.formed === undefined
        ? this.normalizer.dataText(this.emitted.data, isProcessed, this.maxPlainLength)
        : undefined;
    return text ?? JSON.stringify(this.emittedData());
  }

  private makeText(): string {
    const { made } = this;
    const { id, name, time, context } = this.emitted;
    // Most events are only written. For these, neither the context nor the event is built as an
    // object.
    if (made === undefined) return emittedText(name, time, id, context.text(), this.dataText());
    return eventText(made, id, made.context === context.values ? context.text() : undefined);
  }
}

function withoutId({ id: _, ...event }: StoredEvent): TrackingEvent {
  return event;
}

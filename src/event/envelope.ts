import { estimateLength, hasDates, isSameForm } from './form-copies';
import { emittedText, eventText } from './json-text';
import { isFields, type Normalizer } from './normalizer';
import type { ReplacedKind } from './replaced-value';
import type { EventFields, StoredEvent, TrackingEvent } from './tracking-event';

/** The context that events of one scope share, with the JSON text made once for all of them. */
export interface ContextView {
  /** Made when it is first read. Always the same object. */
  readonly values: object;
  text(): string;
  estimatedLength(): number;
  readonly hasNoDates: boolean;
  /** One of the values, without making all; undefined if there is none of that name. */
  get(key: string): unknown;
  /** For whoever looks through the values, and need not again for the next event that shares them. */
  findings: Finding | undefined;
}

/** What was found in shared values. Not in a WeakMap: an entry for each scope costs an emit up to 1 µs. */
export interface Finding {
  /** Whose it is. */
  readonly by: unknown;
  readonly found: unknown;
  /** Of another. */
  readonly next: Finding | undefined;
}

/** What a queue knows of an event besides itself. */
export interface CarriedFacts {
  readonly depth?: number | undefined;
  readonly parentId?: string | undefined;
  /** About that of its JSON text. */
  readonly length?: number | undefined;
}

/** What stands in a line around name, context and data: keys, timestamp, id. */
const FRAME_LENGTH = 125;

/** name, timestamp, context and data. */
const OWN_FIELDS = 4;

/** A context that no scope has: made by a processor for one event. */
export class OwnContext implements ContextView {
  findings: Finding | undefined;
  private json: string | undefined;

  /** @param values in normal form, and nobody else's */
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

/** What `emit` knows, before anybody has asked for more than the name. */
export interface EmittedEvent {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly context: ContextView;
  /** As the caller gave it; read once, when the first node asks for it, and before `emit` returns. */
  readonly data: unknown;
  /** How many events deep this one was emitted inside the processing of others; 0 for an event of the application. */
  readonly depth: number;
  /** The id of the event in whose processing this one was emitted. */
  readonly parentId: string | undefined;
}

/**
 * One version of an event on its way: what processors may not change (id, parent) around what they may. Whoever holds the
 * envelope shares `event` and must not change it; who wants to, takes `copy()`. The event is made when it is first read, so
 * an event that every filter refuses by its name costs no walk over its data.
 */
export class Envelope {
  private json: string | undefined;
  private size = -1;
  /** The data in normal form, while the event is not made. */
  private formed: unknown;
  private dataJson: string | undefined;
  /** How long the text of the data can be, where it was found to be its own normal form; else 0. */
  private maxPlainLength = 0;
  /** The version that a processor made this one of. */
  private processedFrom: Envelope | undefined;
  /** As it came from a queue, while nobody has changed it. */
  private kept: StoredEvent | undefined;
  /** What a queue knew of its length. */
  private knownLength: number | undefined;

  private constructor(
    private emitted: EmittedEvent,
    private readonly normalizer: Normalizer,
    private made: TrackingEvent | undefined,
    /** The version that has the emitted data, which this one shares. */
    private readonly source?: Envelope,
  ) {}

  static of(emitted: EmittedEvent, normalizer: Normalizer): Envelope {
    return new Envelope(emitted, normalizer, undefined);
  }

  /** An event that comes back from a queue: in normal form already, and nobody else's. */
  static carried(read: StoredEvent, origin: CarriedFacts, normalizer: Normalizer): Envelope {
    const name = normalizer.name(read.name);
    const stored = name === read.name ? read : { ...read, name };
    const { id, timestamp, data } = stored;
    const context = new OwnContext(isFields(stored.context) ? stored.context : {});
    const { depth = 0, parentId, length } = origin;
    // A processor may have put anything in normal form in its place: then the event is kept as it was made.
    const time = timestamp instanceof Date ? timestamp.getTime() : NaN;
    const emitted = { id, name, time, context, data: undefined, depth, parentId };
    // Most have no other fields, and are only passed on or written: then nothing is put together for them.
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

  /** The context of `event`, without making the event; undefined if a processor put something without fields in its place. */
  get context(): ContextView | undefined {
    const { made } = this;
    const { context } = this.emitted;
    if (made === undefined || made.context === context.values) return context;
    return isFields(made.context) ? new OwnContext(made.context) : undefined;
  }

  get event(): TrackingEvent {
    return (this.made ??= this.make());
  }

  /** For whoever keeps the envelope longer than `emit` lasts: takes what it needs of the caller's data, which may change then. */
  hold(): this {
    if (this.source !== undefined) this.source.hold();
    else if (this.made === undefined && this.dataJson === undefined) this.formed ??= this.formData();
    // What the caller's data leads to, a request say, must not be kept alive for as long as the event waits.
    if (this.emitted.data !== undefined) this.emitted = { ...this.emitted, data: undefined };
    this.processedFrom = undefined;
    return this;
  }

  /** About how long the JSON text is, without making it; what it is, if it is made. */
  estimatedLength(): number {
    if (this.json !== undefined) return this.json.length;
    if (this.knownLength !== undefined) return this.knownLength;
    const { context } = this;
    const contextLength = context === undefined ? 0 : context.estimatedLength();
    const dataLength = this.dataJson?.length ?? estimateLength(this.data);
    return this.name.length + FRAME_LENGTH + contextLength + dataLength;
  }

  /** Whether it has none but the timestamp; false too where nobody has looked. */
  get hasNoDates(): boolean {
    if (this.made !== undefined || this.formed !== undefined || !this.emitted.context.hasNoDates) return false;
    return this.source === undefined ? this.dataJson !== undefined : this.source.hasNoDates;
  }

  /** A copy for somebody who may change it. */
  copy(): TrackingEvent {
    return this.normalizer.copy(this.event);
  }

  /** The same event as a processor returned it, in normal form. */
  with(result: object): Envelope {
    return (
      this.asEmitted(result) ??
      new Envelope(this.emitted, this.normalizer, this.normalizer.processed(result, this.event))
    );
  }

  /** The same event as a shipped processor left it: in normal form already, and sharing with this one what it did not change. */
  changed(event: TrackingEvent): Envelope {
    return new Envelope(this.emitted, this.normalizer, event);
  }

  /** Whether a processor has added fields beside those that every event has. */
  get hasAddedFields(): boolean {
    return this.made !== undefined && Object.keys(this.made).length > OWN_FIELDS;
  }

  /** The data of `event`, without making the event. */
  get data(): unknown {
    return this.made === undefined ? this.emittedData() : this.made.data;
  }

  /** The data of `event` for whoever only reads it, before `emit` returns: as the caller gave it, where that is what is written. */
  dataToRead(): unknown {
    if (this.source !== undefined) return this.source.dataToRead();
    if (this.made !== undefined || this.formed !== undefined || this.dataJson !== undefined) return this.data;
    const { emitted, normalizer, processedFrom } = this;
    this.maxPlainLength = processedFrom === undefined ? normalizer.maxPlainLength(emitted.data) : 0;
    return this.maxPlainLength > 0 ? emitted.data : this.emittedData();
  }

  /** The JSON text of the data alone, kept for `text()` too. */
  dataText(): string {
    if (this.made !== undefined) return JSON.stringify(this.made.data);
    return this.source === undefined ? (this.dataJson ??= this.makeDataText()) : this.source.dataText();
  }

  /** The same event with other data, in normal form. */
  withData(data: unknown): Envelope {
    const { made, emitted, normalizer } = this;
    if (made !== undefined) return this.changed({ ...made, data: data as EventFields });
    const envelope = new Envelope(emitted, normalizer, undefined);
    envelope.formed = data;
    return envelope;
  }

  /** The same event under another name. Its data is not read for that. */
  renamed(given: string): Envelope {
    const name = this.normalizer.name(given);
    return this.derived({ ...this.emitted, name }, (event) => ({ ...event, name }));
  }

  /** The same event in another context. Its data is not read for that. */
  inContext(context: ContextView): Envelope {
    return this.derived({ ...this.emitted, context }, (event) => ({
      ...event,
      context: context.values as EventFields,
    }));
  }

  /** What a function of the application gave for a part of this event, in normal form; what is replaced in it is counted. */
  normalForm(part: 'context' | 'data', value: object): unknown {
    return part === 'data' ? this.normalizer.data(this.name, value) : this.normalizer.context(this.name, value);
  }

  /** Counts values that a processor replaced because there were too many. */
  reportReplaced(kind: ReplacedKind, count: number): void {
    this.normalizer.reportReplaced(this.name, kind, count);
  }

  /** The JSON text, made once per version however many backends write it. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  /** The size of `text()` in UTF-8. */
  bytes(): number {
    if (this.size < 0) this.size = Buffer.byteLength(this.text());
    return this.size;
  }

  /** With its id, sharing everything with `event`. */
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
    return { name, timestamp, id: this.id, ...rest }; // in the order of the log's lines
  }

  /**
   * What most processors return is an event like one that was just emitted in the same context. Then no more is made of it than
   * of that: its data is read by the next one who wants it, before any other code of the application runs.
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
      return false; // what cannot be read is replaced in the normal form
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

  /** From the text, where there is one already: the caller's data may have changed since, under the hands of another backend. */
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
    // Most events are only written: then neither their context nor they themselves have to be put together as objects.
    if (made === undefined) return emittedText(name, time, id, context.text(), this.dataText());
    return eventText(made, id, made.context === context.values ? context.text() : undefined);
  }
}

function withoutId({ id: _, ...event }: StoredEvent): TrackingEvent {
  return event;
}

import { emittedText, eventText } from './json-text';
import type { Normalizer } from './normalizer';
import type { StoredEvent, TrackingEvent } from './tracking-event';

/** The context that events of one scope share, with the JSON text made once for all of them. */
export interface ContextView {
  /** Made when it is first read. Always the same object. */
  readonly values: object;
  text(): string;
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
  /** The emitted data in normal form. */
  private data: unknown;

  private constructor(
    private readonly emitted: EmittedEvent,
    private readonly normalizer: Normalizer,
    private made: TrackingEvent | undefined,
  ) {}

  static of(emitted: EmittedEvent, normalizer: Normalizer): Envelope {
    return new Envelope(emitted, normalizer, undefined);
  }

  get id(): string {
    return this.emitted.id;
  }

  get name(): string {
    return this.made === undefined ? this.emitted.name : this.made.name;
  }

  get depth(): number {
    return this.emitted.depth;
  }

  get event(): TrackingEvent {
    return (this.made ??= this.make());
  }

  /** For whoever keeps the envelope longer than `emit` lasts: makes the event now, since the caller's data may change then. */
  hold(): this {
    this.made ??= this.make();
    return this;
  }

  /** A copy for somebody who may change it. */
  copy(): TrackingEvent {
    return this.normalizer.copy(this.event);
  }

  /** The same event as a processor returned it, in normal form. */
  with(result: object): Envelope {
    return new Envelope(this.emitted, this.normalizer, this.normalizer.processed(result, this.event));
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

  stored(): StoredEvent {
    const { name, timestamp, ...rest } = this.copy();
    return { name, timestamp, id: this.id, ...rest }; // in the order of the log's lines
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
    const { name, data } = this.emitted;
    return (this.data ??= this.normalizer.data(name, data));
  }

  private makeText(): string {
    const { made } = this;
    const { id, name, time, context } = this.emitted;
    // Most events are only written: then neither their context nor they themselves have to be put together as objects.
    if (made === undefined) return emittedText(name, time, id, context.text(), JSON.stringify(this.emittedData()));
    return eventText(made, id, made.context === context.values ? context.text() : undefined);
  }
}

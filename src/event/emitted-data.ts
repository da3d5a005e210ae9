import { estimateLength } from './form-copies';
import type { Normalizer } from './normalizer';

/** The event whose data was given to a processor, which returned other data. */
export interface ProcessedFrom {
  readonly data: unknown;
}

/**
 * The data of an event as an application gave it, shared by all versions of the event that have
 * this data.
 *
 * Data is walked once, when the first node needs more than the name of the event, and before `emit`
 * returns. Most data is plain and only written, so its text is made without a copy of its values.
 *
 * States:
 *
 * - given: nothing is read yet. `toRead` leads to checked, `text` to written, the others to formed.
 * - checked: `toRead` found the data to be in normal form, and its readers share the object of the
 *   caller. Leads to written or formed, before `emit` returns.
 * - written: the JSON text is made. `value` parses it, which leads to formed: another backend may
 *   have changed the caller's object since then.
 * - formed: the normal form is made, or was given. `text` adds the JSON text.
 *
 * `hold` and `holdText` end the states given and checked, and release the object of the caller.
 */
export class EmittedData {
  private formed: unknown;
  private json: string | undefined;
  /**
   * Upper bound of the length of the JSON text, if the data was found to be in normal form; else 0.
   */
  private maxPlainLength = 0;

  /**
   * @param eventName name under which replaced values are counted
   * @param processedFrom undefined if no processor has returned the data
   */
  constructor(
    private given: unknown,
    private readonly eventName: string,
    private readonly normalizer: Normalizer,
    private processedFrom?: ProcessedFrom,
  ) {}

  /** @param data in normal form */
  static formed(data: unknown, eventName: string, normalizer: Normalizer): EmittedData {
    const emitted = new EmittedData(undefined, eventName, normalizer);
    emitted.formed = data;
    return emitted;
  }

  /** The normal form, made once. */
  value(): unknown {
    // Not `??=`, because null is a normal form, too.
    if (this.formed === undefined) this.formed = this.form();
    return this.formed;
  }

  /**
   * The normal form for read-only use before `emit` returns. Returns the caller's own object if
   * that is in normal form.
   */
  toRead(): unknown {
    if (this.formed !== undefined || this.json !== undefined) return this.value();
    this.maxPlainLength = this.processedFrom === undefined ? this.normalizer.maxPlainLength(this.given) : 0;
    return this.maxPlainLength > 0 ? this.given : this.value();
  }

  /** The JSON text, made once. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  /**
   * Takes everything that is needed of the caller's object, and releases it: it may change after
   * `emit`, and may reference large objects, such as a request.
   */
  hold(): void {
    if (this.json === undefined) this.value();
    this.given = undefined;
    this.processedFrom = undefined;
  }

  /**
   * The same as `hold`, for data of which only the text will be read: its text is made now if that
   * needs no copy of the values.
   */
  holdText(): void {
    if (this.json === undefined && this.formed === undefined) this.json = this.plainText();
    this.hold();
  }

  /** The length of the JSON text if it is made, else an approximation. */
  estimatedLength(): number {
    return this.json?.length ?? estimateLength(this.value());
  }

  /** True if the data is known to have no Date; false if it was never checked. */
  get hasNoDates(): boolean {
    return this.formed === undefined && this.json !== undefined;
  }

  private form(): unknown {
    if (this.json !== undefined) return JSON.parse(this.json);
    const { eventName, given, normalizer, processedFrom } = this;
    if (processedFrom === undefined) return normalizer.data(eventName, given);
    return normalizer.processedData(eventName, given, processedFrom.data);
  }

  private makeText(): string {
    const text = this.formed === undefined ? this.plainText() : undefined;
    return text ?? JSON.stringify(this.value());
  }

  /** If this returns undefined, the next call must make the normal form. */
  private plainText(): string | undefined {
    return this.normalizer.dataText(this.given, this.processedFrom !== undefined, this.maxPlainLength);
  }
}

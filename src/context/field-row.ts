import { estimateLength, hasDates, setField } from '../event/normal-form';
import type { EventFields } from '../event/tracking-event';

/**
 * Row of fields whose names are known before their values, such as the fields of a request.
 *
 * Almost every event is only written. For V8, creating and serializing an object with a dozen
 * fields takes longer than writing the JSON directly from the values. Therefore the values stay in
 * a row until the object is requested.
 */
export class FieldRow {
  private json: string | undefined;

  /**
   * @param names names of the fields
   * @param jsonKeys the names as JSON strings, each followed by a colon
   * @param values in the order of the names; undefined where there is no value
   * @param isUsual true if no string among the values contains a character that JSON escapes
   */
  constructor(
    private readonly names: readonly string[],
    private readonly jsonKeys: readonly string[],
    private readonly values: readonly unknown[],
    readonly isUsual: boolean,
  ) {}

  static of(fields: EventFields): FieldRow {
    const names = Object.keys(fields);
    const jsonKeys = names.map((name) => `${JSON.stringify(name)}:`);
    return new FieldRow(names, jsonKeys, Object.values(fields), false);
  }

  /** Returns the fields as JSON without the braces. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  get(name: string): unknown {
    const at = this.names.indexOf(name);
    return at < 0 ? undefined : this.values[at];
  }

  /** Returns the names that have a value. */
  keys(): string[] {
    return this.names.filter((_, at) => this.values[at] !== undefined);
  }

  addTo(fields: EventFields): void {
    const { names, values } = this;
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value !== undefined) setField(fields, names[at] as string, value);
    }
  }

  estimatedLength(): number {
    const { jsonKeys, values } = this;
    let length = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value !== undefined) length += (jsonKeys[at] as string).length + estimateLength(value) + 1;
    }
    return length;
  }

  get hasNoDates(): boolean {
    return !this.values.some(hasDates);
  }

  /**
   * Returns the number of fields and the total length of names and strings, for callers with a
   * limit; undefined if a value is not a string, a boolean or a finite number. A flat row cannot be
   * changed by other code.
   */
  flatSize(): { readonly count: number; readonly textLength: number } | undefined {
    let [count, textLength] = [0, 0];
    for (let at = 0; at < this.values.length; at++) {
      const value = this.values[at];
      if (value === undefined) continue;
      if (typeof value === 'string') textLength += value.length;
      else if (typeof value === 'number' ? !Number.isFinite(value) : typeof value !== 'boolean') return undefined;
      textLength += (this.names[at] as string).length;
      count++;
    }
    return { count, textLength };
  }

  /** Returns the values if the row has exactly these names, which its reader made. */
  valuesOf(names: readonly string[]): readonly unknown[] | undefined {
    return names === this.names ? this.values : undefined;
  }

  private makeText(): string {
    const { jsonKeys, values, isUsual } = this;
    let text = '';
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value === undefined) continue;
      const json = isUsual && typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) as string | undefined);
      if (json !== undefined) text += `${text === '' ? '' : ','}${jsonKeys[at] as string}${json}`;
    }
    return text;
  }
}

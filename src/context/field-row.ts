import { estimateLength, hasDates, setField } from '../event/normal-form';
import type { EventFields } from '../event/tracking-event';

/**
 * Fields whose names are known before their values: those of a request. Almost every event is only written, and an object with a
 * dozen fields takes V8 longer to put together and to write than the text takes that is written from the values as they stand.
 * So they stay in a row until somebody asks for the object.
 */
export class FieldRow {
  private json: string | undefined;

  /**
   * @param jsonKeys the names as they stand in JSON, each with its colon
   * @param values in the order of the names; undefined where there is none
   * @param isUsual whether no text among the values has a character that JSON escapes
   */
  constructor(
    private readonly names: readonly string[],
    private readonly jsonKeys: readonly string[],
    private readonly values: readonly unknown[],
    private readonly isUsual: boolean,
  ) {}

  static of(fields: EventFields): FieldRow {
    const names = Object.keys(fields);
    const jsonKeys = names.map((name) => `${JSON.stringify(name)}:`);
    return new FieldRow(names, jsonKeys, Object.values(fields), false);
  }

  /** What stands between the braces. */
  text(): string {
    return (this.json ??= this.makeText());
  }

  get(name: string): unknown {
    const at = this.names.indexOf(name);
    return at < 0 ? undefined : this.values[at];
  }

  /** The names that have a value. */
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

  /** Whether no value is an object, so that nobody else can change it; with the size of all, for whoever has a bound for it. */
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

  /** Whether another row, read in the same way, has the same values. */
  isSame(other: FieldRow): boolean {
    if (other.names !== this.names) return false;
    for (let at = 0; at < this.values.length; at++) if (!Object.is(this.values[at], other.values[at])) return false;
    return true;
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

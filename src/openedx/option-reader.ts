import {
  showChoice,
  TrackingConfigException,
  unknownOptionFix,
  type ConfigFault,
} from '../common/tracking-config.exception';
import { isList, isMapping, type Mapping } from './plain-settings';
import { at, atUnknown, show } from './setting-path';
import type { EngineOptions, SettingsNode } from './settings-engine';

/** What is wrong with a value, without where it stands. */
export type Objection = Pick<ConfigFault, 'what' | 'mend'>;

/**
 * Reads the options of one node under their names in the reference. What cannot be read is remembered, so that all of it is
 * told; `done` throws it, with whatever nobody has asked for: an option passed over in silence looks as if it worked.
 */
export class OptionReader {
  private readonly path: string;
  private readonly faults: ConfigFault[] = [];
  private readonly known = new Set<string>();

  constructor(
    private readonly options: EngineOptions,
    { path }: SettingsNode,
  ) {
    this.path = at(path, 'OPTIONS');
  }

  /** One of the keys of `values`, as what it stands for. @param fold what makes spellings equal */
  oneOf<Value>(
    name: string,
    values: Readonly<Record<string, Value>>,
    fold = (text: string): string => text,
  ): Value | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const key = typeof value === 'string' ? fold(value) : '';
    if (Object.hasOwn(values, key)) return values[key];
    const keys = Object.keys(values);
    const list = keys.map((each) => JSON.stringify(each)).join(', ');
    this.refuse(name, `it is ${showChoice(value, keys)}; it can be ${list}.`, 'take one of these');
    return undefined;
  }

  /** Null is none, as in the reference. */
  text(name: string): string | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    this.refuse(name, `it is ${show(value)}, not a text.`, 'write it in quotes');
    return undefined;
  }

  /** As `text`, for what no fault may show. */
  secret(name: string): string | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    this.refuse(name, 'it is not a text.', 'write it in quotes');
    return undefined;
  }

  /** Null is no limit, as in the reference. */
  size(name: string): number | null | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return value;
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
    const mend = 'a number without quotes, or null for no limit';
    this.refuse(name, `it is ${show(value)}, not a number from 0 up.`, mend);
    return undefined;
  }

  /**
   * Null is none, as in the reference.
   * @param mend the option as it should look
   * @param objections to one text of the list
   */
  texts(
    name: string,
    mend: string,
    objections = (_text: string): readonly Objection[] => [],
  ): readonly string[] | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined) return undefined;
    if (!isList(value)) {
      this.refuse(name, `it is ${show(value)}, not a list of texts.`, mend);
      return undefined;
    }
    for (const [index, item] of value.entries()) {
      const found = typeof item === 'string' ? objections(item) : [{ what: `it is ${show(item)}, not a text.`, mend }];
      for (const each of found) this.faults.push({ ...each, path: at(at(this.path, name), index) });
    }
    return value as readonly string[];
  }

  /** Null is none, as in the reference. @param mend the option as it should look */
  mapping(name: string, mend: string): Mapping {
    const value = this.value(name) ?? {};
    if (isMapping(value)) return value;
    this.refuse(name, `it is ${show(value)}, not an object of options by name.`, mend);
    return {};
  }

  refuse(name: string, what: string, mend: string): void {
    this.faults.push({ path: at(this.path, name), what, mend });
  }

  /** @throws TrackingConfigException with everything that was refused, and every option that nobody has asked for */
  done(): void {
    const known = this.known.size === 0 ? 'there are none here' : `known are ${[...this.known].join(', ')}`;
    for (const name of Object.keys(this.options)) {
      if (this.known.has(name)) continue;
      const path = atUnknown(this.path, name, [...this.known]);
      this.faults.push({
        path,
        what: `the option is unknown; ${known}.`,
        mend: unknownOptionFix(name, [...this.known]),
      });
    }
    if (this.faults.length > 0) throw TrackingConfigException.create(this.faults);
  }

  private value(name: string): unknown {
    this.known.add(name);
    return Object.hasOwn(this.options, name) ? this.options[name] : undefined;
  }
}

import { unknownOption } from '../common/option-place';
import { listed } from '../common/option-rules';
import { showChoice, unknownOptionFix } from '../common/show-value';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { isList, isMapping, type Mapping } from './plain-settings';
import { at, atUnknown, show } from './setting-path';
import type { OpenEdxOptions, OpenEdxNode } from './settings-engine';

/** Error in a value, without its path. */
export type Objection = Pick<ConfigError, 'what' | 'fix'>;

/**
 * Reads the options of one node under their names in the reference. Errors are collected, so that
 * all of them are reported. `done` throws them, together with an error for each option that was
 * never requested: a silently ignored option would look as if it worked.
 */
export class OptionReader {
  private readonly path: string;
  private readonly errors: ConfigError[] = [];
  private readonly known = new Set<string>();

  constructor(
    private readonly options: OpenEdxOptions,
    { path }: OpenEdxNode,
  ) {
    this.path = at(path, 'OPTIONS');
  }

  /**
   * Returns the value for one of the keys of `values`.
   * @param fold normalizes the spelling of a key
   */
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
    this.refuse(name, `it is ${showChoice(value, keys)}; expected ${listed(keys)}.`, 'use one of these');
    return undefined;
  }

  /** Returns a string. Null counts as absent, as in the reference. */
  text(name: string): string | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    this.refuse(name, `it is ${show(value)}; expected a string.`, 'write it in quotes');
    return undefined;
  }

  /** Works like `text`, for a value that no error may show. */
  secret(name: string): string | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    this.refuse(name, 'it is not a string.', 'write it in quotes');
    return undefined;
  }

  /** Returns a size. Null means no limit, as in the reference. */
  size(name: string): number | null | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return value;
    if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
    const fix = 'a number without quotes, or null for no limit';
    this.refuse(name, `it is ${show(value)}; expected a number, at least 0.`, fix);
    return undefined;
  }

  /** Returns the number of a TCP port. Null counts as absent. */
  port(name: string, example: number): number | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    const what = `it is ${show(value)}; expected an integer from 1 to 65535.`;
    this.refuse(name, what, `"${name}": ${String(example)}, without quotes around the number`);
    return undefined;
  }

  /**
   * Returns a list of strings. Null counts as absent, as in the reference.
   * @param fix example of the option, shown as the fix
   * @param objections returns the errors of one string in the list
   */
  texts(
    name: string,
    fix: string,
    objections = (_text: string): readonly Objection[] => [],
  ): readonly string[] | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined) return undefined;
    if (!isList(value)) {
      this.refuse(name, `it is ${show(value)}; expected a list of strings.`, fix);
      return undefined;
    }
    for (const [index, item] of value.entries()) {
      const found =
        typeof item === 'string' ? objections(item) : [{ what: `it is ${show(item)}; expected a string.`, fix }];
      for (const each of found) this.errors.push({ ...each, path: at(at(this.path, name), index) });
    }
    return value as readonly string[];
  }

  /**
   * Returns an object of options. Null counts as absent, as in the reference.
   * @param fix example of the option, shown as the fix
   */
  mapping(name: string, fix: string): Mapping {
    const value = this.value(name) ?? {};
    if (isMapping(value)) return value;
    this.refuse(name, `it is ${show(value)}; expected an object of options by name.`, fix);
    return {};
  }

  refuse(name: string, what: string, fix: string): void {
    this.errors.push({ path: at(this.path, name), what, fix });
  }

  /**
   * Ends the reading of the options.
   * @throws TrackingConfigException listing every refused option and every option that was never
   *   requested
   */
  done(): void {
    const known = [...this.known];
    for (const name of Object.keys(this.options)) {
      if (this.known.has(name)) continue;
      const path = atUnknown(this.path, name, known);
      this.errors.push({ path, what: unknownOption(name, known), fix: unknownOptionFix(name, known) });
    }
    if (this.errors.length > 0) throw TrackingConfigException.create(this.errors);
  }

  private value(name: string): unknown {
    this.known.add(name);
    return Object.hasOwn(this.options, name) ? this.options[name] : undefined;
  }
}

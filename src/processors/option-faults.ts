import { toNormalForm, DEFAULT_LIMITS } from '../event/normal-form';
import type { EventFields } from '../event/tracking-event';
import { isAsyncFunction } from '../routing/tree-plan';
import {
  showChoice,
  showOption,
  showValue,
  TrackingConfigException,
  unknownOptionFix,
  type ConfigError,
} from '../common/tracking-config.exception';

/**
 * Reads the options of one processor and collects their errors, so that all are reported at once. A
 * misspelled option is also an error: a processor that gets `path` instead of `paths` would let
 * values through that it should hold back.
 */
export class OptionFaults {
  private readonly faults: ConfigError[] = [];

  /** @param fix example of a valid processor, shown as the fix */
  constructor(
    private readonly place: string,
    private readonly fix: string,
  ) {}

  add(what: string, fix = this.fix): void {
    this.faults.push({ path: this.place, what, fix });
  }

  /** Returns the options; {} if there are none. */
  read<Options extends object>(options: Options | undefined, known: readonly (keyof Options & string)[]): Options {
    if (options === undefined) return {} as Options;
    if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
      this.add(`its options are ${showValue(options)}, not an object.`);
      return {} as Options;
    }
    for (const key of Object.keys(options)) {
      if (!(known as readonly string[]).includes(key)) {
        const what = `the option ${showOption(key, known)} is unknown; known are ${known.join(', ')}.`;
        this.add(what, unknownOptionFix(key, known, this.fix));
      }
    }
    return options;
  }

  oneOf(name: string, value: unknown, choices: readonly unknown[]): void {
    if (choices.includes(value)) return;
    this.add(
      `${name} is ${showChoice(value, choices)}; it can be ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}.`,
    );
  }

  number(name: string, value: unknown, wanted: string, isRight: (value: number) => boolean): void {
    if (typeof value === 'number' && isRight(value)) return;
    this.add(`${name} is ${showValue(value)}; it has to be ${wanted}.`);
  }

  /** Checks that an option is a synchronous function. */
  synchronous(name: string, value: unknown): void {
    if (typeof value !== 'function') this.add(`${name} is ${showValue(value)}, not a function.`);
    else if (isAsyncFunction(value)) {
      this.add(`${name} is async, and emit waits for nothing.`, `make ${name} give its result at once`);
    }
  }

  /**
   * Reads an option that must be a list. Rejects a string, which iterates as a list of characters.
   */
  list(name: string, value: unknown): unknown[] {
    if (typeof value === 'object' && value !== null && Symbol.iterator in value)
      return [...(value as Iterable<unknown>)];
    this.add(`${name} is ${showValue(value)}, not a list.`);
    return [];
  }

  /** Reads an option with fields for events, in normal form. */
  fields(name: string, value: unknown): EventFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.add(`${name} is ${showValue(value)}, not an object of values by name.`);
      return {};
    }
    const form = toNormalForm(value, DEFAULT_LIMITS, (kind, place) => {
      const path = place.path();
      this.add(
        `${name}${path === '' ? '' : `.${path}`} cannot be written as it is (${kind}).`,
        'give text, numbers, booleans, dates, and objects and lists of these',
      );
    });
    return form as EventFields;
  }

  throwIfAny(): void {
    if (this.faults.length > 0) throw TrackingConfigException.create(this.faults);
  }
}

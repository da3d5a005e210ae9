import { OptionPlace, type GivenOptions, type MisplacedOptions, type OptionRules } from './option-place';
import { showValue, TrackingConfigException, type ConfigError } from './tracking-config.exception';
import { isObject } from './value-kinds';

export interface OptionCheckerSettings {
  /** Valid example of the whole: the fix for a missing option, and for options of another kind. */
  readonly example: string;
  /** Fixes for unknown options that belong somewhere else.  @default none */
  readonly misplaced?: MisplacedOptions | undefined;
}

/**
 * Checks the options of one class or function by one rule for each, and collects the errors, so
 * that all are reported at once. An unknown option is an error too: a filter that gets `path`
 * instead of `paths` would let values through that it should hold back.
 */
export class OptionChecker {
  readonly errors: ConfigError[] = [];
  /** Place of the options as a whole, for errors that no rule of a single option can find. */
  readonly whole: OptionPlace;

  /** @param name class or function that has the options */
  constructor(
    name: string,
    private readonly settings: OptionCheckerSettings,
  ) {
    this.whole = OptionPlace.named(this.errors, name, settings.example);
  }

  /** Returns the place of an option, for a value that is checked while it is read. */
  at(name: string): OptionPlace {
    return this.whole.inside(name);
  }

  /** @param what complete sentence about the options */
  add(what: string, fix?: string, cause?: unknown): void {
    this.whole.add(what, fix, cause);
  }

  /**
   * Checks the options. undefined counts as {}: a class may be described without options.
   * @param relate adds errors of options that depend on each other; called only with an object
   * @returns the options; their values have these types only if there are no errors
   */
  read<Options extends object>(
    options: Options | undefined,
    rules: OptionRules<Options>,
    relate?: (given: GivenOptions<Options>) => void,
  ): Options {
    const given: unknown = options === undefined ? {} : options;
    if (!isObject(given)) {
      this.add(`the options are ${showValue(given)}; expected an object.`);
      return {} as Options;
    }
    this.whole.checkOptions(given, rules, this.settings.misplaced);
    relate?.(given as GivenOptions<Options>);
    return (options ?? {}) as Options;
  }

  /** @throws TrackingConfigException with all errors, if there are any */
  throwIfAny(): void {
    if (this.errors.length > 0) throw TrackingConfigException.create(this.errors);
  }
}

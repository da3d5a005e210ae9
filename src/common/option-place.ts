import { optionName, unknownOptionFix } from './show-value';
import type { ConfigError } from './tracking-config.exception';

/** Rule for the value of one option. `option-rules.ts` has the common ones. */
export interface OptionRule {
  /** Valid values, as they follow "expected": `a whole number, at least 1`. */
  readonly expected: string;
  /** How to correct the option. A function receives its name.  @default leave it out */
  readonly fix?: string | ((name: string) => string) | undefined;
  readonly isRequired?: boolean | undefined;
  /** Adds an error for everything that is wrong with the value. Never called with undefined. */
  check(value: unknown, place: OptionPlace): void;
}

/** One rule for each option. Errors list the names in this order. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

/** Options with values of any type: they may come from JavaScript or from a file. */
export type GivenOptions<Options> = Readonly<Partial<Record<keyof Options, unknown>>>;

type Values = Readonly<Record<string, unknown>>;

/** Fixes for unknown options that belong somewhere else, by name. */
export type MisplacedOptions = Readonly<Record<string, string>>;

/** Place of an option in the configuration, which collects the errors in its value. */
export class OptionPlace {
  /**
   * @param subject begins the text of an error: the option's name, or 'it' if the path has the name
   * @param fix fix for errors that come without one
   */
  private constructor(
    private readonly errors: ConfigError[],
    private readonly path: string,
    private readonly subject: string,
    private readonly fix: string,
  ) {}

  /** Returns a place whose errors name the option in their text: `HttpBackend: url is 7`. */
  static named(errors: ConfigError[], path: string, fix: string): OptionPlace {
    return new OptionPlace(errors, path, '', fix);
  }

  /** Returns a place whose errors name the option in their path: `delivery.maxBytes: it is 0`. */
  static inPath(errors: ConfigError[], path: string, fix: string): OptionPlace {
    return new OptionPlace(errors, path, 'it', fix);
  }

  /** @param what follows the name of the option: `is 7, which no server accepts.` */
  add(what: string, fix = this.fix, cause?: unknown): void {
    const text = this.subject === '' ? what : `${this.subject} ${what}`;
    this.errors.push({ path: this.path, what: text, fix, ...(cause !== undefined && { cause }) });
  }

  /** Adds an error as a complete sentence. @param sentence begins in lower case */
  addSentence(sentence: string, fix = this.fix): void {
    this.errors.push({ path: this.path, what: sentence, fix });
  }

  /** Adds the error of a value that is not valid. @param shown the value, safe to show */
  reject(shown: string, expected: string, fix = this.fix): void {
    this.add(`is ${shown}; expected ${expected}.`, fix);
  }

  /** Returns the place of a value inside this one. @param key name, or `[index]` */
  inside(key: string, fix = this.fix): OptionPlace {
    const { subject, path, errors } = this;
    if (subject === 'it') return new OptionPlace(errors, joined(path, key), subject, fix);
    return new OptionPlace(errors, path, joined(subject, key), fix);
  }

  /** Checks an object of options by one rule for each, and reports unknown ones. */
  checkOptions(given: Values, rules: Readonly<Record<string, OptionRule>>, misplaced: MisplacedOptions = {}): void {
    this.checkValues(given, rules);
    const known = Object.keys(rules);
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(rules, name)) this.addUnknown(name, known, misplaced);
    }
  }

  /** Checks the values of the known options only. */
  checkValues(given: Values, rules: Readonly<Record<string, OptionRule>>): void {
    for (const [name, rule] of Object.entries(rules)) {
      const value = given[name];
      const place = this.inside(name, this.fixOf(name, rule));
      if (value !== undefined) rule.check(value, place);
      else if (rule.isRequired === true)
        place.add(`is ${Object.hasOwn(given, name) ? 'undefined' : 'missing'}; expected ${rule.expected}.`);
    }
  }

  private fixOf(name: string, { fix, isRequired }: OptionRule): string {
    if (typeof fix === 'function') return fix(name);
    return fix ?? (isRequired === true ? this.fix : 'leave it out');
  }

  private addUnknown(name: string, known: readonly string[], misplaced: MisplacedOptions): void {
    const fix = Object.hasOwn(misplaced, name) ? misplaced[name] : unknownOptionFix(name, known);
    const what = unknownOption(name, known);
    const { subject, path } = this;
    const isNested = subject !== '' && subject !== 'it';
    this.errors.push({
      path: subject === 'it' ? joined(path, optionName(name, known)) : path,
      what: isNested ? `${subject} has an ${what}` : what,
      fix: fix ?? 'leave it out',
    });
  }
}

/** Returns the sentence about an unknown option, which is the same for every part. */
export function unknownOption(name: string, known: readonly string[]): string {
  const shown = optionName(name, known);
  const quoted = shown === name ? JSON.stringify(name) : shown;
  const others = known.length === 0 ? 'there are no options here' : `known options: ${known.join(', ')}`;
  return `unknown option ${quoted}; ${others}.`;
}

function joined(path: string, key: string): string {
  return path === '' || key.startsWith('[') ? `${path}${key}` : `${path}.${key}`;
}

import type { OptionPlace, OptionRule, OptionRules } from './option-place';
import { showChoice, showValue } from './show-value';
import { isAsyncFunction, isFunction, isObject, isText } from './value-kinds';

/** Properties of a rule besides the values that it accepts. */
export interface RuleNotes {
  /** How to correct the option. A function receives its name. */
  readonly fix?: string | ((name: string) => string) | undefined;
  readonly isRequired?: boolean | undefined;
  /** Valid values, in place of the rule's own words. */
  readonly expected?: string | undefined;
  /** Shows a wrong value in the error.  @default showValue */
  readonly show?: ((value: unknown) => string) | undefined;
}

export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  /** Excluded lower bound. */
  readonly above?: number;
  readonly isWhole?: boolean;
  /** True if Infinity is valid, for a limit that can be switched off. */
  readonly mayBeInfinite?: boolean;
  /** Unit in the plural: `milliseconds`. */
  readonly unit?: string;
}

/** Rule that decides about a value as a whole. */
export interface ValueRule extends OptionRule {
  readonly accepts: (value: unknown) => boolean;
  readonly show: (value: unknown) => string;
}

/** Rule for values that `accepts` accepts. */
export function value(
  expected: string,
  accepts: (value: unknown) => boolean,
  { fix, isRequired, show = showValue, expected: own = expected }: RuleNotes = {},
): ValueRule {
  return {
    expected: own,
    fix,
    isRequired,
    accepts,
    show,
    check(given, place) {
      if (!accepts(given)) place.reject(show(given), own);
    },
  };
}

/** Rule that words its errors itself. */
export function checked(
  expected: string,
  check: (value: unknown, place: OptionPlace) => void,
  { fix, isRequired }: RuleNotes = {},
): OptionRule {
  return { expected, fix, isRequired, check };
}

/** Rule for a list whose items `item` accepts, or false for none. Names each wrong item. */
export function listOrFalse(item: ValueRule, notes?: RuleNotes): OptionRule {
  const expected = 'a list or false';
  const check = (given: unknown, place: OptionPlace): void => {
    if (given === false) return;
    if (!Array.isArray(given)) place.reject(showValue(given), expected);
    else for (const [at, each] of (given as unknown[]).entries()) item.check(each, place.inside(`[${String(at)}]`));
  };
  return checked(expected, check, notes);
}

/** Rule for an option that is checked where it is read. */
export function anything(notes?: RuleNotes): ValueRule {
  return value('a value', () => true, notes);
}

export function flag(notes?: RuleNotes): ValueRule {
  return value('true or false', (given) => typeof given === 'boolean', notes);
}

/** Rule for a string that is not empty. */
export function text(notes?: RuleNotes): ValueRule {
  return value('a non-empty string', isText, notes);
}

export function anyText(notes?: RuleNotes): ValueRule {
  return value('a string', (given) => typeof given === 'string', notes);
}

export function textList(notes?: RuleNotes): ValueRule {
  return value(
    'a list of strings',
    (given) => Array.isArray(given) && given.every((each) => typeof each === 'string'),
    notes,
  );
}

/** Rule for a list of at least one non-empty string. */
export function nameList(notes?: RuleNotes): ValueRule {
  return value(
    'a list of non-empty strings, at least one',
    (given) => Array.isArray(given) && given.length > 0 && given.every(isText),
    notes,
  );
}

export function functionRule(notes?: RuleNotes): ValueRule {
  return value('a function', isFunction, notes);
}

/** Rule for a function whose result is not awaited. */
export function synchronous(notes: RuleNotes = {}): OptionRule {
  return checked(
    'a function that is not async',
    (given, place) => {
      if (!isFunction(given)) place.reject(showValue(given), 'a function that is not async');
      else if (isAsyncFunction(given)) place.add('is an async function, but its result is not awaited.');
    },
    notes,
  );
}

/** Rule for a value that one of the rules accepts. The first one shows a wrong value. */
export function anyOf(rules: readonly ValueRule[], notes: RuleNotes = {}): ValueRule {
  const expected = rules.map((rule) => rule.expected).join(', or ');
  const show = rules[0]?.show;
  return value(expected, (given) => rules.some((rule) => rule.accepts(given)), {
    ...(show !== undefined && { show }),
    ...notes,
  });
}

/** Rule for one of a few values. A misspelled one is shown in the error. */
export function oneOf(choices: readonly unknown[], notes: RuleNotes = {}): ValueRule {
  return value(listed(choices), (given) => choices.includes(given), {
    show: (given) => showChoice(given, choices),
    ...notes,
  });
}

export function number(limits: NumberLimits = {}, notes?: RuleNotes): ValueRule {
  const { min = -Infinity, max = Infinity, above = -Infinity, isWhole = false, mayBeInfinite = false } = limits;
  const accepts = (given: unknown): boolean =>
    typeof given === 'number' &&
    given >= min &&
    given <= max &&
    (given > above || above === -Infinity) &&
    (!isWhole || Number.isSafeInteger(given)) &&
    (mayBeInfinite || Number.isFinite(given));
  return value(describeNumber(limits), accepts, notes);
}

/** Rule for an object of options, with a rule for each. */
export function optionsOf<Options extends object>(rules: OptionRules<Options>, notes: RuleNotes = {}): OptionRule {
  const { expected = 'an object of options', fix = (name: string) => `${name}: { ... }`, isRequired } = notes;
  return {
    expected,
    fix,
    isRequired,
    check(given, place) {
      if (isObject(given)) place.checkOptions(given, rules);
      else place.reject(showValue(given), expected);
    },
  };
}

/** Lists values as code: `"a", "b" or "c"`. */
export function listed(choices: readonly unknown[]): string {
  const shown = choices.map((choice) => JSON.stringify(choice));
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1) ?? ''}`;
}

function describeNumber({ min, max, above, isWhole = false, unit }: NumberLimits): string {
  const kind = `a ${isWhole ? 'whole ' : ''}number${unit === undefined ? '' : ` of ${unit}`}`;
  if (above !== undefined) return `${kind} greater than ${String(above)}`;
  if (min === undefined) return kind;
  return max === undefined ? `${kind}, at least ${String(min)}` : `${kind} from ${String(min)} to ${String(max)}`;
}

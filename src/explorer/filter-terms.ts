import type { OutcomeState } from './api';
import { patternOf, wildcard, type TextTest } from './filter-pattern';
import type { FilterSubject, FilterTest } from './filter-subject';
import { FilterProblem, splitChars, textOfChars, type FilterChar } from './filter-text';

/** Operators between a field and its value. `:` and `=` mean the same. */
export type Operator = ':' | '=' | '!=' | '>' | '<' | '>=' | '<=';

/** One term of a filter, split up. */
export interface Term {
  readonly field: readonly FilterChar[];
  readonly operator: Operator;
  readonly value: readonly FilterChar[];
}

const STATES: readonly OutcomeState[] = ['queued', 'retrying', 'delivered', 'stored', 'filtered', 'dropped', 'dead'];
const KNOWN = 'name: user: id: process: size> has: destination: state: data.field= context.key=';

const HAS: Readonly<Record<string, FilterTest>> = {
  violation: ({ violations }) => violations > 0,
  drop: withState('dropped'),
  dead: withState('dead'),
  retry: withState('retrying'),
  error: ({ outcomes }) => outcomes.some(({ state }) => state === 'dead' || state === 'dropped'),
  user: ({ actor }) => actor !== undefined,
};

/** Fields whose value may change after the event is shown for the first time. */
export const LATE_FIELDS: ReadonlySet<string> = new Set(['has', 'destination', 'state']);

/**
 * Creates the test of one term, such as `name:edx.course.*` or `data.mode=audit`.
 * @throws FilterProblem for an unknown field or value
 */
export function termTest(term: Term): FilterTest {
  const { operator } = term;
  if (operator === '!=') {
    const test = equalTest(term);
    return (subject) => !test(subject);
  }
  return operator === ':' || operator === '=' ? equalTest(term) : comparisonTest(term, operator);
}

/** Creates the test of a word without a field: it occurs in the name or in one of the values. */
export function wordTest(word: readonly FilterChar[]): FilterTest {
  const fits = wildcard(['', ...patternOf(word), '']);
  return ({ name, event }) => fits(name) || occursIn(event, fits);
}

function occursIn(value: unknown, fits: TextTest): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some((each) => occursIn(each, fits));
  return fits(String(value));
}

function equalTest({ field, value }: Term): FilterTest {
  const name = textOfChars(field);
  if (isPath(name)) return valueTest(field, shownFits(wildcard(patternOf(value))));
  switch (name) {
    case 'name':
      return textTest(value, (subject) => subject.name);
    case 'user':
      return textTest(value, ({ actor }) => actor);
    case 'id':
      return textTest(value, ({ id }) => id);
    case 'process':
      return textTest(value, ({ process }) => process);
    case 'size':
      return textTest(value, ({ bytes }) => String(bytes));
    case 'has':
      return hasTest(textOfChars(value));
    case 'destination':
      return destinationTest(value);
    case 'state':
      return withState(readState(textOfChars(value)));
    default:
      throw new FilterProblem(`"${name}:" is unknown`, `Known terms: ${KNOWN}`);
  }
}

function comparisonTest({ field, value }: Term, operator: '>' | '<' | '>=' | '<='): FilterTest {
  const name = textOfChars(field);
  const text = textOfChars(value);
  if (!isPath(name) && name !== 'size')
    throw new FilterProblem(`"${operator}" compares numbers`, `Write ${name}:${text}, or size${operator}1000`);
  const number = Number(text);
  if (text === '' || Number.isNaN(number))
    throw new FilterProblem(`"${text}" is not a number`, `Write ${name}${operator}1000, or ${name}=${text}`);
  const compares = comparison(operator, number);
  return name === 'size' ? ({ bytes }) => compares(bytes) : valueTest(field, compares);
}

function comparison(operator: '>' | '<' | '>=' | '<=', number: number): (given: unknown) => boolean {
  switch (operator) {
    case '>':
      return (given) => typeof given === 'number' && given > number;
    case '<':
      return (given) => typeof given === 'number' && given < number;
    case '>=':
      return (given) => typeof given === 'number' && given >= number;
    case '<=':
      return (given) => typeof given === 'number' && given <= number;
  }
}

function isPath(field: string): boolean {
  return field.startsWith('data.') || field.startsWith('context.');
}

function textTest(value: readonly FilterChar[], read: (subject: FilterSubject) => string | undefined): FilterTest {
  const fits = wildcard(patternOf(value));
  return (subject) => {
    const text = read(subject);
    return text !== undefined && fits(text);
  };
}

/** Tests a value inside the event. A step through a list matches if one of its items does. */
function valueTest(field: readonly FilterChar[], test: (value: unknown) => boolean): FilterTest {
  const steps = splitChars(field, '.').map(textOfChars);
  return ({ event }) => reach(event, steps, test);
}

function reach(value: unknown, steps: readonly string[], test: (value: unknown) => boolean): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return Array.isArray(value) ? value.some((each) => test(each)) || test(value) : test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (Object.hasOwn(value, step)) return reach((value as Record<string, unknown>)[step], rest, test);
  return Array.isArray(value) && value.some((each) => reach(each, steps, test));
}

/** Tests a value as the page shows it: text without quotes, anything else as JSON. */
function shownFits(fits: TextTest): (value: unknown) => boolean {
  return (value) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
    return text !== undefined && fits(text);
  };
}

function hasTest(value: string): FilterTest {
  const test = Object.hasOwn(HAS, value) ? HAS[value] : undefined;
  if (test !== undefined) return test;
  throw new FilterProblem(`"has:${value}" is unknown`, `Write has:${Object.keys(HAS).join(', has:')}`);
}

/** `destination:lrs` and `destination:lrs=dead`: at the path, or anywhere below it. */
function destinationTest(value: readonly FilterChar[]): FilterTest {
  const [path = [], ...others] = splitChars(value, '=');
  const fits = wildcard(patternOf(path));
  const covers = (at: string): boolean => {
    for (let end = at.length; end > 0; end = at.lastIndexOf('/', end - 1)) if (fits(at.slice(0, end))) return true;
    return false;
  };
  const [named] = others;
  const state = named === undefined ? undefined : readState(textOfChars(named));
  return ({ outcomes }) => outcomes.some((each) => (state === undefined || each.state === state) && covers(each.path));
}

function withState(wanted: OutcomeState): FilterTest {
  return ({ outcomes }) => outcomes.some(({ state }) => state === wanted);
}

function readState(value: string): OutcomeState {
  const state = STATES.find((each) => each === value);
  if (state === undefined) throw new FilterProblem(`"${value}" is not a state`, `States: ${STATES.join(', ')}`);
  return state;
}

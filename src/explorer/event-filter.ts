import type { FilterError } from './api';
import type { FilterSubject, FilterTest } from './filter-subject';
import { LATE_FIELDS, termTest, wordTest, type Operator } from './filter-terms';
import { FilterProblem, isBare, splitTerms, textOfChars, type FilterChar, type FilterText } from './filter-text';

const MAX_LENGTH = 1000;
const MAX_TERMS = 20;

/**
 * A filter of the list of events, in the language that `EventPage` describes:
 * `name:edx.course.* user:7 data.mode=audit has:violation destination:lrs=dead`.
 */
export class EventFilter {
  private constructor(
    private readonly tests: readonly FilterTest[],
    /** What is wrong with the filter, and how to fix it; undefined if it is right. */
    readonly error: FilterError | undefined,
    /** True if an event may match later than when it is emitted. */
    readonly mayMatchLater: boolean,
  ) {}

  /** Reads a filter. Never throws: a filter with an error matches every event. */
  static read(text: string): EventFilter {
    let place: { readonly start: number; readonly length: number } = { start: 0, length: text.length };
    try {
      const terms = termsOf(text);
      let mayMatchLater = false;
      const tests = terms.map((term) => {
        place = term;
        const read = readTerm(term);
        mayMatchLater ||= LATE_FIELDS.has(read.field);
        return read.test;
      });
      return new EventFilter(tests, undefined, mayMatchLater);
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error;
      const { message, fix, start } = error;
      const at = start === undefined ? place : { start, length: text.length - start };
      return new EventFilter([], { message, fix, start: at.start, length: at.length }, false);
    }
  }

  /** True if the filter has no terms, so that every event matches. */
  get isEmpty(): boolean {
    return this.tests.length === 0;
  }

  matches(subject: FilterSubject): boolean {
    return this.tests.every((test) => test(subject));
  }
}

function termsOf(text: string): FilterText[] {
  if (text.length > MAX_LENGTH)
    throw new FilterProblem(`The filter has more than ${MAX_LENGTH} characters`, 'Shorten it', MAX_LENGTH);
  const terms = splitTerms(text);
  const extra = terms[MAX_TERMS];
  if (extra === undefined) return terms;
  throw new FilterProblem(`The filter has more than ${MAX_TERMS} terms`, 'Leave some out', extra.start);
}

const FIELD = /^[\p{L}_][\p{L}\p{N}_$-]*$|^(?:data|context)\../su;

function readTerm({ chars, endsEmpty }: FilterText): { readonly field: string; readonly test: FilterTest } {
  const [first] = chars;
  const isExcluding = first?.char === '-' && isBare(first) && chars.length > 1;
  const { field, test } = readPositive(isExcluding ? chars.slice(1) : chars, endsEmpty);
  return isExcluding ? { field, test: (subject) => !test(subject) } : { field, test };
}

function readPositive(
  chars: readonly FilterChar[],
  mayBeEmpty: boolean,
): { readonly field: string; readonly test: FilterTest } {
  const at = chars.findIndex((char, index) => isOperator(char, chars[index + 1]));
  const field = textOfChars(chars.slice(0, Math.max(at, 0)));
  if (at < 0 || !FIELD.test(field)) return { field: '', test: wordTest(chars) };
  const operator = operatorAt(chars, at);
  const value = chars.slice(at + operator.length);
  if (value.length === 0 && !mayBeEmpty)
    throw new FilterProblem(
      `"${field}${operator}" has no value`,
      `Write ${field}${operator}something, or ${field}${operator}""`,
    );
  return { field, test: termTest({ field: chars.slice(0, at), operator, value }) };
}

function isOperator(each: FilterChar, next: FilterChar | undefined): boolean {
  if (!isBare(each)) return false;
  return ':=<>'.includes(each.char) || (each.char === '!' && next?.char === '=' && isBare(next));
}

function operatorAt(chars: readonly FilterChar[], at: number): Operator {
  const text = textOfChars(chars.slice(at, at + 2).filter(isBare));
  return /^(?:[!<>]=|[:=<>])/.exec(text)?.[0] as Operator;
}

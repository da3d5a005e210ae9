import { describeError } from '../../event/normal-form';
import { RecentKeys } from '../recent-keys';
import { LinearMatcher } from './linear-matcher';
import { safeLength } from './pattern-cost';
import type { PatternNode } from './pattern-node';
import { parsePattern, UnreadPattern, type ParsedPattern } from './pattern-parser';
import { compilePattern, PatternTooLarge } from './pattern-program';

/**
 * Maximum length of a name that patterns are matched against, in UTF-16 units. Users can write
 * names of any length. The caller decides on longer names, and chooses the safe result.
 */
export const MAX_MATCHED_LENGTH = 1000;

/** Reason why a pattern is refused. */
export class PatternError {
  constructor(
    /** Problem, as the continuation of a sentence that starts with "it ". */
    readonly what: string,
    readonly fix: string,
  ) {}
}

export interface PatternOptions {
  /** Position of a match: anywhere in the name, or only at its start. */
  readonly place: 'anywhere' | 'start';
  /** Returns the maximum number of steps of a backtracking engine for a name of this length. */
  readonly maxSteps: (length: number) => number;
}

/**
 * Maximum number of steps for patterns with back-references, about 10 ms. No other engine can run
 * them.
 */
const MAX_STEPS_WITH_REFERENCES = 5_000_000;

/**
 * Regular expression that is matched in bounded time.
 * Names up to a proven safe length are matched by the JavaScript engine. Longer names are matched
 * by an automaton, which takes time linear in the length of the name (docs/decisions/0110).
 */
export class NamePattern {
  /** Results of the automaton for names that may repeat: it takes 50 ns per character. */
  private verdicts: RecentKeys<boolean> | undefined;

  private constructor(
    private readonly expression: RegExp,
    private readonly safeLength: number,
    private readonly matcher: LinearMatcher | undefined,
  ) {}

  /**
   * Compiles a pattern.
   * @param flags flags without `g`, `y` and `d`
   * @throws SyntaxError if the pattern is not a valid RegExp
   */
  static read(source: string, flags: string, { place, maxSteps }: PatternOptions): NamePattern | PatternError {
    const given = new RegExp(source, flags);
    const isSearch = place === 'anywhere';
    try {
      const parsed = parsePattern(source, flags);
      const { root, source: kept } = withoutOptionalEnds(source, parsed, isSearch);
      const budget = parsed.hasBackReferences ? () => MAX_STEPS_WITH_REFERENCES : maxSteps;
      const length = safeLength(root, isSearch, budget, MAX_MATCHED_LENGTH);
      if (length < MAX_MATCHED_LENGTH && parsed.hasBackReferences) return SLOW_REFERENCE;
      const expression = new RegExp(kept, isSearch ? flags : `${flags}y`);
      if (length >= MAX_MATCHED_LENGTH) return new NamePattern(tried(expression), length, undefined);
      const matcher = new LinearMatcher(compilePattern(root), isSearch, given.unicode || isSets(given));
      return new NamePattern(tried(expression), length, matcher);
    } catch (error) {
      if (error instanceof UnreadPattern) return new PatternError(error.message, 'write it without that');
      if (error instanceof PatternTooLarge || error instanceof RangeError) return TOO_LARGE;
      if (error instanceof SyntaxError)
        return new PatternError(`cannot be run: ${describeError(error)}`, TOO_LARGE.fix);
      throw error;
    }
  }

  /**
   * Returns true if the name matches.
   * @param name name of at most MAX_MATCHED_LENGTH
   */
  test(name: string): boolean {
    if (this.matcher !== undefined && name.length > this.safeLength) return this.testByAutomaton(name, this.matcher);
    this.expression.lastIndex = 0; // a sticky expression keeps the end of the last match here
    return this.expression.test(name);
  }

  /** Returns true if a name of any length matches. A name that is too long does not match. */
  fits(name: string): boolean {
    return name.length <= MAX_MATCHED_LENGTH && this.test(name);
  }

  private testByAutomaton(name: string, matcher: LinearMatcher): boolean {
    if (name.length > MAX_KEPT_LENGTH) return matcher.test(name);
    this.verdicts ??= new RecentKeys(MAX_VERDICTS);
    return this.verdicts.get(name) ?? this.verdicts.enter(name, matcher.test(name));
  }
}

const MAX_VERDICTS = 200;
const MAX_KEPT_LENGTH = 200;

const SLOW_REFERENCE = new PatternError(
  'has a back-reference, and repetitions whose ways multiply: a name of 1,000 characters could take more than five million steps',
  'write it without the back-reference, or without repetitions before it',
);
const TOO_LARGE = new PatternError(
  'is too large: its repetition counts multiply to more than 1,000 parts',
  'use smaller counts, or * and + in their place',
);

/**
 * Runs the expression once: V8 compiles it on first use, and only then refuses one that is too
 * large.
 */
function tried(expression: RegExp): RegExp {
  expression.test('');
  return expression;
}

/** Detects the flag `v`, for which the types of the oldest build target have no property. */
function isSets(expression: RegExp): boolean {
  return expression.flags.includes('v');
}

/**
 * Removes optional parts from the end of a pattern, and from the start of one that may match
 * anywhere. They do not affect whether there is a match. `.*token.*` without them is `token`, which
 * is quick.
 */
function withoutOptionalEnds(
  source: string,
  { root, partEnds, hasBackReferences }: ParsedPattern,
  isSearch: boolean,
): { readonly root: PatternNode; readonly source: string } {
  if (root.kind !== 'sequence' || partEnds === undefined || hasBackReferences) return { root, source };
  const { parts } = root;
  let [from, to] = [0, parts.length];
  while (to > from && isOptional(parts[to - 1])) to--;
  while (isSearch && from < to && isOptional(parts[from])) from++;
  const start = from === 0 ? 0 : (partEnds[from - 1] ?? 0);
  return {
    root: { kind: 'sequence', parts: parts.slice(from, to) },
    source: source.slice(start, to === 0 ? 0 : partEnds[to - 1]),
  };
}

function isOptional(part: PatternNode | undefined): boolean {
  return part?.kind === 'repeat' && part.min === 0;
}

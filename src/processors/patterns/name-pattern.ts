import { describeError } from '../../event/normal-form';
import { RecentKeys } from '../../common/recent-keys';
import { LinearMatcher } from './linear-matcher';
import { safeLength } from './pattern-cost';
import type { PatternNode } from './pattern-node';
import { parsePattern, UnreadPattern, type ParsedPattern } from './pattern-parser';
import { compilePattern, PatternTooLarge } from './pattern-program';

/**
 * The longest name that patterns are asked about, in UTF-16 units. Users can write names of any length; what a longer one
 * means is up to the caller, who takes it for the worse.
 */
export const MAX_MATCHED_LENGTH = 1000;

/** Why a pattern is not taken. */
export class PatternFault {
  constructor(
    /** Reads on from "it ". */
    readonly what: string,
    readonly fix: string,
  ) {}
}

export interface PatternOptions {
  /** Whether a match may begin anywhere in the name, or only at its start. */
  readonly place: 'anywhere' | 'start';
  /** How many steps a backtracking engine may take at most, by the length of the name. */
  readonly maxSteps: (length: number) => number;
}

/** A back-reference leaves no other engine to fall back to: so this is what a name may cost then, some 10 ms. */
const MAX_STEPS_WITH_REFERENCES = 5_000_000;

/**
 * A regular expression that is matched in bounded time. Names up to the length at which it certainly is quick are matched by the
 * language itself, and longer ones by an automaton, which takes time linear in the name (docs/decisions/0110).
 */
export class NamePattern {
  /** Verdicts of the automaton on names that may come again: it takes 50 ns for each character. */
  private verdicts: RecentKeys<boolean> | undefined;

  private constructor(
    private readonly expression: RegExp,
    private readonly safeLength: number,
    private readonly matcher: LinearMatcher | undefined,
  ) {}

  /**
   * @param flags without `g`, `y` and `d`
   * @throws SyntaxError where the language does not take it
   */
  static read(source: string, flags: string, { place, maxSteps }: PatternOptions): NamePattern | PatternFault {
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
      if (error instanceof UnreadPattern) return new PatternFault(error.message, 'write it without that');
      if (error instanceof PatternTooLarge || error instanceof RangeError) return TOO_LARGE;
      if (error instanceof SyntaxError)
        return new PatternFault(`cannot be run: ${describeError(error)}`, TOO_LARGE.fix);
      throw error;
    }
  }

  /** @param name of at most MAX_MATCHED_LENGTH */
  test(name: string): boolean {
    if (this.matcher !== undefined && name.length > this.safeLength) return this.testByAutomaton(name, this.matcher);
    this.expression.lastIndex = 0; // of one that is sticky, it is where the last match ended
    return this.expression.test(name);
  }

  /** As `test`, for names of any length: one that is too long fits nothing. */
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

const SLOW_REFERENCE = new PatternFault(
  'has a back-reference, and repetitions whose ways multiply: a name of 1,000 characters could take more than five million steps',
  'write it without the back-reference, or without repetitions before it',
);
const TOO_LARGE = new PatternFault(
  'is too large: its repetition counts, multiplied out, stand for more than 1,000 parts',
  'use smaller counts, or * and + in their place',
);

/** The language compiles an expression when it is first used, and refuses then what is too large for it. */
function tried(expression: RegExp): RegExp {
  expression.test('');
  return expression;
}

/** The flag `v`, which the types of our oldest target do not have. */
function isSets(expression: RegExp): boolean {
  return expression.flags.includes('v');
}

/**
 * Whether there is a match does not depend on what may match nothing at the end of a pattern, nor at the start of one that may
 * begin anywhere. `.*token.*` without those is `token`, which is quick.
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

/** The structure of a regular expression: what a bound on its time is computed from, and what the linear matcher runs. */
export type PatternNode =
  | CharacterNode
  | AssertionNode
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | RepeatNode
  | LookNode
  | BackReferenceNode;

/** Matches one character. */
export interface CharacterNode {
  readonly kind: 'character';
  readonly set: CharacterSet;
}

/** Matches nothing, at some positions only. */
export interface AssertionNode {
  readonly kind: 'assertion';
  readonly holds: 'start' | 'end' | 'line-start' | 'line-end' | 'word-boundary' | 'no-word-boundary';
  /** What counts as a part of a word; only for word boundaries. */
  readonly word: CharacterSet | undefined;
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly body: PatternNode;
  readonly min: number;
  /** Infinity if there is no upper bound. */
  readonly max: number;
}

/** A lookahead or a lookbehind. */
export interface LookNode {
  readonly kind: 'look';
  readonly body: PatternNode;
  readonly isBehind: boolean;
  readonly isNegative: boolean;
}

/** Matches again what groups have matched: no finite automaton can do that. */
export interface BackReferenceNode {
  readonly kind: 'back-reference';
  /** What the groups of that number or name hold; filled in when the whole pattern is read. */
  readonly groups: readonly PatternNode[];
}

const ASCII = 128;
const UNKNOWN = 0;
const IN = 1;
const OUT = 2;

/**
 * The characters that one atom of a pattern matches: `a`, `\w`, `[^/]`, `.`. The language itself is asked, once for each ASCII
 * character, so that classes and case mean exactly what they mean in a RegExp.
 */
export class CharacterSet {
  private readonly known = new Uint8Array(ASCII);
  private readonly expression: RegExp;
  /** The only character in it; undefined if there are others, or may be. */
  private readonly exact: string | undefined;

  constructor(
    readonly source: string,
    readonly flags: string,
    /** The character, where the atom is one that stands for itself. */
    readonly literal: string | undefined,
  ) {
    this.exact = flags.includes('i') ? undefined : literal;
    this.expression = new RegExp(`^(?:${source})$`, flags.replace('m', ''));
  }

  has(character: string): boolean {
    if (this.exact !== undefined) return character === this.exact;
    const code = character.charCodeAt(0);
    if (code >= ASCII) return this.expression.test(character);
    if (this.known[code] === UNKNOWN) this.known[code] = this.expression.test(character) ? IN : OUT;
    return this.known[code] === IN;
  }
}

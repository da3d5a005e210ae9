/**
 * Structure of a regular expression. It is the input of the time bound and of the linear matcher.
 */
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

/** Matches an empty string, at certain positions only. */
export interface AssertionNode {
  readonly kind: 'assertion';
  readonly holds: 'start' | 'end' | 'line-start' | 'line-end' | 'word-boundary' | 'no-word-boundary';
  /** Characters that are part of a word; only for word boundaries. */
  readonly word: CharacterSet | undefined;
}

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly body: PatternNode;
  readonly min: number;
  /** Maximum number of rounds; Infinity if there is no upper bound. */
  readonly max: number;
}

/** A lookahead or a lookbehind. */
export interface LookNode {
  readonly kind: 'look';
  readonly body: PatternNode;
  readonly isBehind: boolean;
  readonly isNegative: boolean;
}

/** Matches the text of earlier groups again, which no finite automaton can do. */
export interface BackReferenceNode {
  readonly kind: 'back-reference';
  /** Bodies of the groups with that number or name; filled in after the whole pattern is read. */
  readonly groups: readonly PatternNode[];
}

const ASCII = 128;
const UNKNOWN = 0;
const IN = 1;
const OUT = 2;

/**
 * Set of the characters that one atom of a pattern matches: `a`, `\w`, `[^/]`, `.`. It tests each
 * ASCII character once with a RegExp, so that classes and case have exactly the same meaning.
 */
export class CharacterSet {
  private readonly known = new Uint8Array(ASCII);
  private readonly expression: RegExp;
  /** The only character in the set; undefined if there are, or may be, others. */
  private readonly exact: string | undefined;

  constructor(
    readonly source: string,
    readonly flags: string,
    /** The character, if the atom is a literal. */
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

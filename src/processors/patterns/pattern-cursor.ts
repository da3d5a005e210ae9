/** Modes of a pattern that change which characters belong to one atom. */
export interface PatternModes {
  /** True with the flag u or v: a pattern matches code points, and its syntax is strict. */
  readonly isUnicode: boolean;
  /** True with the flag v: a class may contain other classes. */
  readonly isSets: boolean;
}

export const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y;
export const MODIFIERS = /\(\?([ims]*)(?:-([ims]*))?:/y;
export const GROUP_NAME = /\(\?<([^=!>][^>]*)>/y;
export const NAMED_REFERENCE = /\\k<([^>]*)>/y;
export const NUMBERED_REFERENCE = /\\([1-9]\d*)/y;
export const CONTROL_ESCAPE = /\\c[A-Za-z]/y;
/** Number escapes of patterns without the flag u: octal digits, or a literal digit. */
const LEGACY_NUMBER = /\\(?:[0-3][0-7]{0,2}|[4-7][0-7]?|[89])/y;
const SURROGATE_PAIR = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}/y;
const HEX_ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4})/y;
const BRACED_ESCAPE = /\\[uPp]\{[^}]*\}/y;

/** Position in the source of a pattern, which knows where the next token ends. */
export class PatternCursor {
  at = 0;

  constructor(
    readonly source: string,
    private readonly modes: PatternModes,
  ) {}

  /** True at the end of the source, and where an alternative ends. */
  get isAtEnd(): boolean {
    const sign = this.sign();
    return sign === '' || sign === '|' || sign === ')';
  }

  /** Returns the code unit at an offset from the position; '' behind the end. */
  sign(offset = 0): string {
    return this.source[this.at + offset] ?? '';
  }

  /** Skips a string if the source continues with it. */
  skip(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Returns the token at the position; undefined if there is none. @param token sticky */
  match(token: RegExp): RegExpExecArray | undefined {
    token.lastIndex = this.at;
    return token.exec(this.source) ?? undefined;
  }

  /** Works like `match`, and moves behind the token. */
  take(token: RegExp): RegExpExecArray | undefined {
    const found = this.match(token);
    this.at += found?.[0].length ?? 0;
    return found;
  }

  /** Moves to a later position. Returns the source on the way. */
  takeTo(end: number): string {
    const text = this.source.slice(this.at, end);
    this.at = end;
    return text;
  }

  /** End of the literal character at the position. */
  get literalEnd(): number {
    return this.at + this.literalLength(this.at);
  }

  /** End of the escaped character at the position. */
  get escapeEnd(): number {
    const { isUnicode } = this.modes;
    const next = this.sign(1);
    if (next >= '0' && next <= '9') return this.at + (isUnicode ? 2 : (this.match(LEGACY_NUMBER)?.[0].length ?? 2));
    const long = isUnicode ? (this.match(SURROGATE_PAIR) ?? this.match(BRACED_ESCAPE)) : undefined;
    const fixed = long ?? this.match(HEX_ESCAPE) ?? this.match(CONTROL_ESCAPE);
    return this.at + (fixed?.[0].length ?? 1 + this.literalLength(this.at + 1));
  }

  /** End of the character class at the position. */
  get classEnd(): number {
    return classEnd(this.source, this.at, this.modes.isSets);
  }

  /** Two code units for a character above U+FFFF, if the pattern matches code points. */
  private literalLength(at: number): number {
    return this.modes.isUnicode && (this.source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
}

/**
 * Counts capturing groups. Without the flag u, a number above the count is not a reference, and
 * `\k` is one only if there are group names.
 */
export function countGroups(source: string, isSets: boolean): { readonly count: number; readonly areNamed: boolean } {
  let count = 0;
  let areNamed = false;
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    if (sign === '\\') at++;
    else if (sign === '[') at = classEnd(source, at, isSets) - 1;
    else if (sign === '(') {
      const isNamed = source[at + 1] === '?' && source[at + 2] === '<' && !/[=!]/.test(source[at + 3] ?? '');
      if (isNamed || source[at + 1] !== '?') count++;
      areNamed ||= isNamed;
    }
  }
  return { count, areNamed };
}

function classEnd(source: string, start: number, isSets: boolean): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const sign = source[at];
    if (sign === '\\') at++;
    else if (sign === '[' && (isSets || depth === 0)) depth++;
    else if (sign === ']' && --depth === 0) return at + 1;
  }
  return source.length;
}

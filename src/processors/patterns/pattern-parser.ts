import { CharacterSet, type AssertionNode, type BackReferenceNode, type PatternNode } from './pattern-node';

/** Structure of a pattern, with the positions of its outermost parts in the source. */
export interface ParsedPattern {
  readonly root: PatternNode;
  /** Ends of the parts of the outermost sequence; undefined if the pattern cannot be cut there. */
  readonly partEnds: readonly number[] | undefined;
  readonly hasBackReferences: boolean;
}

/**
 * Reports syntax that this parser does not support. The message continues a sentence that starts
 * with "it ".
 */
export class UnreadPattern extends Error {}

/**
 * Parses a pattern that is a valid RegExp. Reads the structure only, and checks nothing again.
 * @throws UnreadPattern
 */
export function parsePattern(source: string, flags: string): ParsedPattern {
  return new PatternParser(source, flags).parse();
}

/** Flags that change the characters that an atom matches. */
type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean };

const MAX_NESTING = 200;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y;
const MODIFIERS = /\(\?([ims]*)(?:-([ims]*))?:/y;
const GROUP_NAME = /\(\?<([^=!>][^>]*)>/y;
const NAMED_REFERENCE = /\\k<([^>]*)>/y;
/** Number escapes of patterns without the flag u: octal digits, or a literal digit. */
const LEGACY_NUMBER = /\\(?:[0-3][0-7]{0,2}|[4-7][0-7]?|[89])/y;
const NUMBERED_REFERENCE = /\\([1-9]\d*)/y;
const SURROGATE_PAIR = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}/y;
const HEX_ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4})/y;
const BRACED_ESCAPE = /\\[uPp]\{[^}]*\}/y;
const CONTROL_ESCAPE = /\\c[A-Za-z]/y;
const STRINGS_IN_CLASS = /\\q\{|\\p\{(?:RGI_|Basic_Emoji|Emoji_Keycap)/;

class PatternParser {
  private at = 0;
  private nesting = 0;
  private readonly isUnicode: boolean;
  private readonly isSets: boolean;
  private readonly groupCount: number;
  private readonly groupNames: boolean;
  /** Groups by number and by name, for references that may precede the group. */
  private readonly groups = new Map<string, PatternNode[]>();
  private groupsOpened = 0;
  private hasBareBackslash = false;
  private readonly sets = new Map<string, CharacterSet>();
  private references: { readonly key: string; readonly groups: PatternNode[] }[] = [];

  constructor(
    private readonly source: string,
    private readonly flags: string,
  ) {
    this.isSets = flags.includes('v');
    this.isUnicode = this.isSets || flags.includes('u');
    const opened = countGroups(source, this.isSets);
    this.groupCount = opened.count;
    this.groupNames = opened.areNamed;
  }

  parse(): ParsedPattern {
    const flags: Flags = { i: this.flags.includes('i'), m: this.flags.includes('m'), s: this.flags.includes('s') };
    const partEnds: number[] = [];
    const root = this.choice(flags, partEnds);
    for (const { key, groups } of this.references) groups.push(...(this.groups.get(key) ?? []));
    return {
      root,
      partEnds: root.kind === 'choice' || this.hasBareBackslash ? undefined : partEnds,
      hasBackReferences: this.references.length > 0,
    };
  }

  /**
   * Parses alternatives.
   * @param partEnds filled with the ends of the parts of the first alternative
   */
  private choice(flags: Flags, partEnds?: number[]): PatternNode {
    if (++this.nesting > MAX_NESTING)
      throw new UnreadPattern(`has more than ${String(MAX_NESTING)} groups inside each other`);
    const options = [this.sequence(flags, partEnds)];
    while (this.source[this.at] === '|') {
      this.at++;
      options.push(this.sequence(flags));
    }
    this.nesting--;
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'choice', options };
  }

  private sequence(flags: Flags, partEnds?: number[]): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      parts.push(this.repeated(this.atom(flags)));
      partEnds?.push(this.at);
    }
    return { kind: 'sequence', parts };
  }

  private repeated(body: PatternNode): PatternNode {
    const found = this.take(QUANTIFIER);
    if (found === undefined) return body;
    const [text, least, comma, most] = found;
    switch (text[0]) {
      case '*':
        return { kind: 'repeat', body, min: 0, max: Infinity };
      case '+':
        return { kind: 'repeat', body, min: 1, max: Infinity };
      case '?':
        return { kind: 'repeat', body, min: 0, max: 1 };
    }
    const max = comma === undefined ? least : most === '' ? Infinity : most;
    return { kind: 'repeat', body, min: Number(least), max: Number(max) };
  }

  private atom(flags: Flags): PatternNode {
    switch (this.source[this.at]) {
      case '^':
        this.at++;
        return assertion(flags.m ? 'line-start' : 'start');
      case '$':
        this.at++;
        return assertion(flags.m ? 'line-end' : 'end');
      case '(':
        return this.group(flags);
      case '[':
        return this.character(this.classEnd(), flags);
      case '\\':
        return this.escape(flags);
      case '.':
        return this.character(this.at + 1, flags);
      default:
        return this.character(this.at + this.literalLength(this.at), flags, true);
    }
  }

  private group(flags: Flags): PatternNode {
    for (const [opening, isBehind, isNegative] of LOOKS) {
      if (!this.source.startsWith(opening, this.at)) continue;
      this.at += opening.length;
      return look(this.closed(flags), isBehind, isNegative);
    }
    const modifiers = this.take(MODIFIERS);
    if (modifiers !== undefined) return this.closed(modified(flags, modifiers[1] ?? '', modifiers[2] ?? ''));
    const name = this.take(GROUP_NAME)?.[1];
    if (name === undefined) this.at++;
    const number = ++this.groupsOpened;
    const body = this.closed(flags);
    for (const key of name === undefined ? [String(number)] : [String(number), `<${name}>`]) {
      const known = this.groups.get(key);
      if (known === undefined) this.groups.set(key, [body]);
      else known.push(body); // alternatives may have groups with the same name
    }
    return body;
  }

  private closed(flags: Flags): PatternNode {
    const body = this.choice(flags);
    this.at++; // the closing parenthesis
    return body;
  }

  private escape(flags: Flags): PatternNode {
    const next = this.source[this.at + 1] ?? '';
    if (next === 'b' || next === 'B') {
      this.at += 2;
      return assertion(next === 'b' ? 'word-boundary' : 'no-word-boundary', this.set('\\w', flags));
    }
    if (next === 'k' && (this.isUnicode || this.groupNames)) {
      const [, name = ''] = this.take(NAMED_REFERENCE) ?? [];
      return this.reference(`<${name}>`);
    }
    if (next >= '1' && next <= '9') {
      const number = Number(this.match(NUMBERED_REFERENCE, this.at)?.[1]);
      if (this.isUnicode || number <= this.groupCount) {
        this.take(NUMBERED_REFERENCE);
        return this.reference(String(number));
      }
    }
    if (next === 'c' && this.match(CONTROL_ESCAPE, this.at) === undefined) {
      this.at++; // before a c that starts no control escape, a backslash is a literal
      this.hasBareBackslash = true;
      return { kind: 'character', set: this.set('\\\\', flags) };
    }
    return this.character(this.at + this.escapeLength(next), flags);
  }

  private escapeLength(next: string): number {
    const { at } = this;
    if (next >= '0' && next <= '9') return this.isUnicode ? 2 : (this.match(LEGACY_NUMBER, at)?.[0].length ?? 2);
    if (this.isUnicode) {
      const long = this.match(SURROGATE_PAIR, at) ?? this.match(BRACED_ESCAPE, at);
      if (long !== undefined) return long[0].length;
    }
    const fixed = this.match(HEX_ESCAPE, at) ?? this.match(CONTROL_ESCAPE, at);
    return fixed?.[0].length ?? 1 + this.literalLength(at + 1);
  }

  private reference(key: string): BackReferenceNode {
    const groups: PatternNode[] = [];
    this.references.push({ key, groups });
    return { kind: 'back-reference', groups };
  }

  /** Returns the end of a character class. Only with the flag v it may contain other classes. */
  private classEnd(): number {
    return classEnd(this.source, this.at, this.isSets);
  }

  private character(end: number, flags: Flags, isLiteral = false): PatternNode {
    const source = this.source.slice(this.at, end);
    this.at = end;
    if (this.isSets && STRINGS_IN_CLASS.test(source))
      throw new UnreadPattern('has a class with strings of several characters');
    return { kind: 'character', set: this.set(source, flags, isLiteral) };
  }

  private set(source: string, { i, s }: Flags, isLiteral = false): CharacterSet {
    const flags = `${i ? 'i' : ''}${s ? 's' : ''}${this.isSets ? 'v' : this.isUnicode ? 'u' : ''}`;
    const key = `${flags}/${source}`;
    let set = this.sets.get(key);
    if (set === undefined) {
      // A literal brace or bracket of a pattern without the flag u is escaped, because alone it
      // might be syntax.
      const isBare = isLiteral && /^[{}\]]$/.test(source);
      set = new CharacterSet(isBare ? `\\${source}` : source, flags, isLiteral ? source : undefined);
      this.sets.set(key, set);
    }
    return set;
  }

  /**
   * Returns the length of the character at a position: two code units if it is above U+FFFF and the
   * pattern matches code points.
   */
  private literalLength(at: number): number {
    return this.isUnicode && (this.source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }

  private match(expression: RegExp, at: number): RegExpExecArray | undefined {
    expression.lastIndex = at;
    return expression.exec(this.source) ?? undefined;
  }

  private take(expression: RegExp): RegExpExecArray | undefined {
    const found = this.match(expression, this.at);
    this.at += found?.[0].length ?? 0;
    return found;
  }
}

const LOOKS = [
  ['(?=', false, false],
  ['(?!', false, true],
  ['(?<=', true, false],
  ['(?<!', true, true],
] as const;

/**
 * Creates a lookaround. `(?![^])` is the end, written so that no flag changes it, and `(?<![^])` is
 * the start.
 */
function look(body: PatternNode, isBehind: boolean, isNegative: boolean): PatternNode {
  const [only, ...others] = body.kind === 'sequence' ? body.parts : [];
  const isAny = only?.kind === 'character' && others.length === 0 && only.set.source === '[^]';
  if (isAny && isNegative) return assertion(isBehind ? 'start' : 'end');
  return { kind: 'look', body, isBehind, isNegative };
}

function assertion(holds: AssertionNode['holds'], word?: CharacterSet): AssertionNode {
  return { kind: 'assertion', holds, word };
}

function modified(flags: Flags, added: string, removed: string): Flags {
  const is = (flag: 'i' | 'm' | 's'): boolean => !removed.includes(flag) && (flags[flag] || added.includes(flag));
  return { i: is('i'), m: is('m'), s: is('s') };
}

/**
 * Counts capturing groups. Without the flag u, a number above the count is not a reference, and
 * `\k` is one only if there are group names.
 */
function countGroups(source: string, isSets: boolean): { readonly count: number; readonly areNamed: boolean } {
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

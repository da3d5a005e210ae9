import {
  CONTROL_ESCAPE,
  countGroups,
  GROUP_NAME,
  MODIFIERS,
  NAMED_REFERENCE,
  NUMBERED_REFERENCE,
  PatternCursor,
  QUANTIFIER,
} from './pattern-cursor';
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
const STRINGS_IN_CLASS = /\\q\{|\\p\{(?:RGI_|Basic_Emoji|Emoji_Keycap)/;

/** Builds the structure of one pattern by recursive descent. */
class PatternParser {
  private readonly cursor: PatternCursor;
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
    source: string,
    private readonly flags: string,
  ) {
    this.isSets = flags.includes('v');
    this.isUnicode = this.isSets || flags.includes('u');
    this.cursor = new PatternCursor(source, { isUnicode: this.isUnicode, isSets: this.isSets });
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
    while (this.cursor.skip('|')) options.push(this.sequence(flags));
    this.nesting--;
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'choice', options };
  }

  private sequence(flags: Flags, partEnds?: number[]): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.cursor.isAtEnd) {
      parts.push(this.repeated(this.atom(flags)));
      partEnds?.push(this.cursor.at);
    }
    return { kind: 'sequence', parts };
  }

  private repeated(body: PatternNode): PatternNode {
    const found = this.cursor.take(QUANTIFIER);
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
    const { cursor } = this;
    switch (cursor.sign()) {
      case '^':
        cursor.at++;
        return assertion(flags.m ? 'line-start' : 'start');
      case '$':
        cursor.at++;
        return assertion(flags.m ? 'line-end' : 'end');
      case '(':
        return this.group(flags);
      case '[':
        return this.character(cursor.classEnd, flags);
      case '\\':
        return this.escape(flags);
      case '.':
        return this.character(cursor.at + 1, flags);
      default:
        return this.character(cursor.literalEnd, flags, true);
    }
  }

  private group(flags: Flags): PatternNode {
    const { cursor } = this;
    for (const [opening, isBehind, isNegative] of LOOKS) {
      if (cursor.skip(opening)) return look(this.closed(flags), isBehind, isNegative);
    }
    const modifiers = cursor.take(MODIFIERS);
    if (modifiers !== undefined) return this.closed(modified(flags, modifiers[1] ?? '', modifiers[2] ?? ''));
    const name = cursor.take(GROUP_NAME)?.[1];
    if (name === undefined) cursor.at++;
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
    this.cursor.at++; // the closing parenthesis
    return body;
  }

  private escape(flags: Flags): PatternNode {
    const { cursor } = this;
    const next = cursor.sign(1);
    if (next === 'b' || next === 'B') {
      cursor.at += 2;
      return assertion(next === 'b' ? 'word-boundary' : 'no-word-boundary', this.set('\\w', flags));
    }
    if (next === 'k' && (this.isUnicode || this.groupNames)) {
      const [, name = ''] = cursor.take(NAMED_REFERENCE) ?? [];
      return this.reference(`<${name}>`);
    }
    const number = cursor.match(NUMBERED_REFERENCE)?.[1];
    if (number !== undefined && (this.isUnicode || Number(number) <= this.groupCount)) {
      cursor.take(NUMBERED_REFERENCE);
      return this.reference(number);
    }
    if (next === 'c' && cursor.match(CONTROL_ESCAPE) === undefined) {
      cursor.at++; // before a c that starts no control escape, a backslash is a literal
      this.hasBareBackslash = true;
      return { kind: 'character', set: this.set('\\\\', flags) };
    }
    return this.character(cursor.escapeEnd, flags);
  }

  private reference(key: string): BackReferenceNode {
    const groups: PatternNode[] = [];
    this.references.push({ key, groups });
    return { kind: 'back-reference', groups };
  }

  private character(end: number, flags: Flags, isLiteral = false): PatternNode {
    const source = this.cursor.takeTo(end);
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

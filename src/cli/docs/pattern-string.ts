/**
 * Creates a string that a regular expression matches, for the examples of events. Reads the usual
 * syntax; the result is tested, so that a part that it does not know costs only the example.
 */

interface Wish {
  readonly least: number;
  readonly most: number;
  /** Number of the string, so that several strings differ. */
  readonly position: number;
}

/** Writes a string; `extra` is the number of repetitions above the least. */
type Writer = (extra: number) => string;

const MAX_EXTRA = 64;
const MAX_REPEATED = 1_000;
const MAX_PATTERN = 2_000;

/** @returns undefined if no string was found */
export function stringThatMatches(pattern: string, { least, most, position }: Wish): string | undefined {
  if (pattern.length > MAX_PATTERN) return undefined;
  try {
    const expression = new RegExp(pattern, 'u');
    const write = new PatternReader(pattern, position).read();
    for (let extra = 0; extra <= MAX_EXTRA; extra++) {
      const text = write(extra);
      if (text.length > most) return undefined;
      const padded = /\$$/.test(pattern) ? text : text.padEnd(least, 'x');
      if (padded.length >= least && expression.test(padded)) return padded;
    }
  } catch {
    // The validator of the application reports a pattern that is invalid.
  }
  return undefined;
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '0123456789',
  w: 'abcdefghij',
  s: ' ',
  D: 'abc',
  W: '-',
  S: 'abc',
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ .');

class PatternReader {
  private at = 0;

  constructor(
    private readonly pattern: string,
    private readonly position: number,
  ) {}

  read(): Writer {
    const branches: Writer[] = [this.sequence()];
    while (this.took('|')) branches.push(this.sequence());
    return (extra) => branches[this.position % branches.length]?.(extra) ?? '';
  }

  private sequence(): Writer {
    const parts: Writer[] = [];
    while (this.at < this.pattern.length && !/[|)]/.test(this.pattern[this.at] ?? '')) parts.push(this.repeated());
    return (extra) => parts.map((part) => part(extra)).join('');
  }

  private repeated(): Writer {
    const part = this.part();
    const [found, sign = '', from, to] = /^(?:([*+?])|\{(\d+)(,\d*)?\})\??/.exec(this.pattern.slice(this.at)) ?? [];
    if (found === undefined) return part;
    this.at += found.length;
    const least = sign === '' ? Number(from) : sign === '+' ? 1 : 0;
    const most = sign === '?' ? 1 : sign !== '' || to === ',' ? Infinity : Number(to?.slice(1) ?? from);
    return (extra) => part(extra).repeat(Math.min(least + extra, most, MAX_REPEATED));
  }

  private part(): Writer {
    const sign = this.pattern[this.at++] ?? '';
    if (sign === '^' || sign === '$') return () => '';
    if (sign === '(') return this.group();
    if (sign === '[') return this.one(this.set());
    if (sign === '.') return this.one('abc');
    return sign === '\\' ? this.escape() : () => sign;
  }

  private group(): Writer {
    const [opening = ''] = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.pattern.slice(this.at)) ?? [];
    this.at += opening.length;
    const inside = this.read();
    this.took(')');
    return /[=!]$/.test(opening) ? () => '' : inside;
  }

  private escape(): Writer {
    const sign = this.pattern[this.at++] ?? '';
    if (sign === 'b' || sign === 'B') return () => '';
    return this.one(CLASSES[sign] ?? CONTROLS[sign] ?? this.property(sign) ?? sign);
  }

  /** Reads a class of Unicode: `\p{L}`, `\p{Lu}`. */
  private property(sign: string): string | undefined {
    if (sign !== 'p') return undefined;
    const [whole = '', name = ''] = /^\{([^}]*)\}/.exec(this.pattern.slice(this.at)) ?? [];
    this.at += whole.length;
    return name.startsWith('N') ? '0123456789' : name === 'Lu' ? 'ABC' : 'abc';
  }

  /** Reads a set of characters, after its opening bracket. */
  private set(): string {
    const isNegated = this.took('^');
    let found = '';
    while (this.at < this.pattern.length && !this.took(']')) {
      const first = this.member();
      const [, last] = /^-([^\]\\])/.exec(this.pattern.slice(this.at)) ?? [];
      if (last === undefined || first.length !== 1) found += first;
      else {
        this.at += 2;
        const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
        for (let code = from; code <= Math.min(to, from + 100); code++) found += String.fromCharCode(code);
      }
    }
    return isNegated ? LETTERS.filter((letter) => !found.includes(letter)).join('') : found;
  }

  private member(): string {
    const sign = this.pattern[this.at++] ?? '';
    if (sign !== '\\') return sign;
    const escaped = this.pattern[this.at++] ?? '';
    return CLASSES[escaped] ?? CONTROLS[escaped] ?? this.property(escaped) ?? escaped;
  }

  private one(letters: string): Writer {
    const letter = letters[this.position % Math.max(letters.length, 1)] ?? '';
    return () => letter;
  }

  private took(sign: string): boolean {
    if (this.pattern[this.at] !== sign) return false;
    this.at++;
    return true;
  }
}

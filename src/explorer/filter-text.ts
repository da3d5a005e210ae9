/** One character of a filter. */
export interface FilterChar {
  readonly char: string;
  /** True after a backslash: the character stands for itself. */
  readonly isEscaped: boolean;
  /** True between quotes: the character ends no term and separates no field. */
  readonly isQuoted: boolean;
}

/** A term of a filter, with its place in it. */
export interface FilterText {
  readonly chars: readonly FilterChar[];
  /** True if the term ends with `""`: its value is empty on purpose. */
  readonly endsEmpty: boolean;
  readonly start: number;
  readonly length: number;
}

/** Error in a filter. The page shows it below its input, as `message. fix.` */
export class FilterProblem extends Error {
  constructor(
    message: string,
    readonly fix: string,
    /** First character that is wrong; undefined for all characters of the term. */
    readonly start?: number,
  ) {
    super(message);
  }
}

/**
 * Splits a filter at spaces outside quotes.
 * @throws FilterProblem if a quote is not closed
 */
export function splitTerms(text: string): FilterText[] {
  const terms: FilterText[] = [];
  let chars: FilterChar[] = [];
  let start = -1;
  let quote = -1;
  const end = (at: number): void => {
    if (start >= 0) terms.push({ chars, endsEmpty: text.slice(start, at).endsWith('""'), start, length: at - start });
    chars = [];
    start = -1;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    const isQuoted = quote >= 0;
    if (!isQuoted && /\s/.test(char)) {
      end(at);
      continue;
    }
    if (start < 0) start = at;
    if (char === '"') quote = isQuoted ? -1 : at;
    else if (char === '\\' && at + 1 < text.length) chars.push({ char: text[++at] ?? '', isEscaped: true, isQuoted });
    else chars.push({ char, isEscaped: false, isQuoted });
  }
  if (quote >= 0) throw new FilterProblem('A quote is not closed', 'Add a " at the end, or write \\"', quote);
  end(text.length);
  return terms;
}

/** True if the character may separate or mark something. */
export function isBare({ isEscaped, isQuoted }: FilterChar): boolean {
  return !isEscaped && !isQuoted;
}

export function textOfChars(chars: readonly FilterChar[]): string {
  return chars.map(({ char }) => char).join('');
}

/** Splits characters where one of them is the separator and passes `isOne`. */
export function splitChars(
  chars: readonly FilterChar[],
  separator: string,
  isOne: (char: FilterChar) => boolean = isBare,
): FilterChar[][] {
  const parts: FilterChar[][] = [[]];
  for (const each of chars) {
    if (each.char === separator && isOne(each)) parts.push([]);
    else parts.at(-1)?.push(each);
  }
  return parts;
}

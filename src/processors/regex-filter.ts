import { Inject, Injectable } from '@nestjs/common';
import type { EventProcessor } from '../routing/contracts';
import { NODE_OPTIONS } from '../routing/tokens';
import { OptionChecker } from '../common/option-checker';
import type { OptionRules } from '../common/option-place';
import { anything, oneOf } from '../common/option-rules';
import { showInFull } from '../common/show-value';
import { readStrings, STRING_LIST } from './string-list';
import type { TrackingEvent } from '../event/tracking-event';
import { MAX_MATCHED_LENGTH, NamePattern } from './patterns/name-pattern';

export interface RegexFilterOptions {
  /**
   * 'allowlist' keeps the events whose name matches, 'blocklist' the others.
   * @default 'allowlist'
   */
  readonly filterType?: 'allowlist' | 'blocklist' | undefined;
  /**
   * Patterns, one of which must match. They are matched at the start of the name: `^` is implied,
   * `$` is not, and an unescaped dot is any character. The reference's `(?i)`, `(?P<name>...)`,
   * `\A` and `\Z` are supported. An allowlist with an empty list keeps no event, a blocklist with
   * an empty list keeps all.
   */
  readonly regularExpressions: Iterable<string>;
}

const EXAMPLE = String.raw`processor(RegexFilter, { filterType: 'allowlist', regularExpressions: ['^edx\\.course\\.'] })`;
const RULES: OptionRules<RegexFilterOptions> = {
  filterType: oneOf(['allowlist', 'blocklist'], { fix: EXAMPLE }),
  regularExpressions: anything({ isRequired: true, expected: STRING_LIST }),
};

/**
 * Filters events by their name.
 * Matching takes bounded time for any pattern. Both types drop events with a name of more than
 * 1,000 characters, if there is a pattern.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class RegexFilter implements EventProcessor {
  private readonly patterns: readonly NamePattern[];
  private readonly keepsMatches: boolean;

  constructor(@Inject(NODE_OPTIONS) options: RegexFilterOptions) {
    const check = new OptionChecker('RegexFilter', { example: EXAMPLE });
    const { filterType = 'allowlist', regularExpressions } = check.read(options, RULES);
    const place = check.at('regularExpressions');
    this.patterns = [...readStrings(regularExpressions, place)].flatMap((expression) => readPattern(expression, check));
    check.throwIfAny();
    this.keepsMatches = filterType === 'allowlist';
  }

  process(event: TrackingEvent): null | undefined {
    return this.keepsName(event.name) ? undefined : null;
  }

  /** @internal */
  keepsName(name: string): boolean {
    const { patterns, keepsMatches } = this;
    // Drops the event without matching: an unchecked name must pass neither an allowlist nor a
    // blocklist.
    if (name.length > MAX_MATCHED_LENGTH && patterns.length > 0) return false;
    for (const pattern of patterns) if (pattern.test(name)) return keepsMatches;
    return !keepsMatches;
  }
}

/** Maximum number of steps per event name: about a millisecond. */
const MAX_STEPS = 500_000;

function readPattern(expression: string, check: OptionChecker): NamePattern[] {
  const shown = showInFull(expression);
  try {
    const { source, flags } = fromPython(expression);
    // With `u`, a dot is one character and no escape means a letter.
    const pattern = NamePattern.read(source, `${flags}u`, { place: 'start', maxSteps: () => MAX_STEPS });
    if (pattern instanceof NamePattern) return [pattern];
    check.add(`${shown} ${pattern.what}.`, pattern.fix);
  } catch (cause) {
    // removes the prefix with the whole expression
    const reason = (cause as Error).message.replace(/^[^]*\/\w*: /, '');
    check.add(`${shown} is not a regular expression: ${reason}`, 'escape literal characters with a backslash', cause);
  }
  return [];
}

/**
 * JavaScript spellings of Python syntax. `$` also matches before a newline that ends the name. With
 * `(?m)` it matches before every newline, as in JavaScript.
 */
const SPELLINGS: Readonly<Record<string, string>> = { '\\A': '(?<![^])', '\\Z': '(?![^])', $: '(?=\\n?(?![^]))' };
/**
 * Converts a pattern from the reference's settings, which use Python syntax. Syntax with a silently
 * different meaning in JavaScript (`$`, \Z, an escaped letter) is rewritten or, by the `u` flag,
 * refused: a blocklist must not fail open.
 */
function fromPython(expression: string): { source: string; flags: string } {
  const [inline = '', letters = ''] = /^\(\?([ims]+)\)/.exec(expression) ?? [];
  const flags = [...new Set(letters)].join('');
  const own = expression.slice(inline.length);
  return { source: respell(own, flags), flags };
}

function respell(expression: string, flags: string): string {
  let isInClass = false;
  return expression.replace(/\\[^]|\(\?P<|\(\?P=\w+\)|[[\]$]/g, (token) => {
    if (token === '[') isInClass = true;
    if (token === ']') isInClass = false;
    if (isInClass) return token.startsWith('\\') ? escapeInClass(token) : token;
    if (token === '(?P<') return '(?<';
    if (token.startsWith('(?P=')) return `\\k<${token.slice(4, -1)}>`;
    if (token === '$' && flags.includes('m')) return token;
    return SPELLINGS[token] ?? (token.startsWith('\\') ? unescapeLiteral(token) : token);
  });
}

/**
 * Removes unnecessary escapes, which the `u` flag would refuse: `\_`, `\:`, `\-` outside a class.
 */
function unescapeLiteral(token: string): string {
  return /^\\[^A-Za-z0-9^$\\.*+?()[\]{}|/]$/.test(token) ? token.slice(1) : token;
}

function escapeInClass(token: string): string {
  return token === '\\-' ? token : unescapeLiteral(token);
}

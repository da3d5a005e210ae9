import { Inject, Injectable } from '@nestjs/common';
import type { NameFilter } from '../routing/contracts';
import { NODE_OPTIONS } from '../routing/tokens';
import {
  showChoice,
  showInFull,
  showOption,
  showValue,
  TrackingConfigException,
  type ConfigError,
} from '../common/tracking-config.exception';
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

/**
 * Filters events by their name.
 * Matching takes bounded time for any pattern. Both types drop events with a name of more than
 * 1,000 characters, if there is a pattern.
 * @throws TrackingConfigException for invalid options, with all errors at once
 */
@Injectable()
export class RegexFilter implements NameFilter {
  private readonly patterns: readonly NamePattern[];
  private readonly keepsMatches: boolean;

  constructor(@Inject(NODE_OPTIONS) given: RegexFilterOptions) {
    // Nest injects undefined if processor(RegexFilter) has no options.
    const options: Partial<RegexFilterOptions> = (given as RegexFilterOptions | undefined) === undefined ? {} : given;
    if (!isObject(options)) {
      const what = `the options are ${showValue(options)}, not an object.`;
      throw TrackingConfigException.create([{ path: PLACE, what, fix: EXAMPLE }]);
    }
    const { filterType = 'allowlist', regularExpressions, ...unknown } = options;
    const faults = [...typeFaults(filterType), ...nameFaults(unknown), ...listFaults(regularExpressions)];
    if (faults.length === 0 && regularExpressions === undefined) faults.push(missingList(filterType));
    const read = isCollection(regularExpressions) ? [...new Set(regularExpressions)].map(readPattern) : [];
    faults.push(...read.flatMap((pattern) => (pattern instanceof NamePattern ? [] : [pattern])));
    if (faults.length > 0) throw TrackingConfigException.create(faults);
    this.patterns = read as NamePattern[];
    this.keepsMatches = filterType === 'allowlist';
  }

  process(event: TrackingEvent): null | undefined {
    return this.keepsName(event.name) ? undefined : null;
  }

  keepsName(name: string): boolean {
    const { patterns, keepsMatches } = this;
    // Drops the event without matching: an unchecked name must pass neither an allowlist nor a
    // blocklist.
    if (name.length > MAX_MATCHED_LENGTH && patterns.length > 0) return false;
    for (const pattern of patterns) if (pattern.test(name)) return keepsMatches;
    return !keepsMatches;
  }
}

const PLACE = 'RegexFilter';
const EXAMPLE = String.raw`processor(RegexFilter, { filterType: 'allowlist', regularExpressions: ['^edx\\.course\\.'] })`;

function typeFaults(filterType: unknown): ConfigError[] {
  if (filterType === 'allowlist' || filterType === 'blocklist') return [];
  const what = `filterType is ${showChoice(filterType, ['allowlist', 'blocklist'])}; it can be "allowlist" or "blocklist".`;
  return [{ path: PLACE, what, fix: EXAMPLE }];
}

/**
 * Reports unknown options. A misspelled list of patterns would make a blocklist that drops nothing.
 */
function nameFaults(unknown: object): ConfigError[] {
  return Object.keys(unknown).map((name) => {
    const what = `the option ${showOption(name, ['filterType', 'regularExpressions'])} is unknown; known are filterType, regularExpressions.`;
    return { path: PLACE, what, fix: EXAMPLE };
  });
}

function missingList(filterType: unknown): ConfigError {
  const what = `regularExpressions is missing, so it would ${filterType === 'blocklist' ? 'keep' : 'drop'} every event.`;
  return { path: PLACE, what, fix: EXAMPLE };
}

/**
 * Rejects a string, which iterates as a list of characters: "edx" would pass every name that starts
 * with e, d or x.
 */
function listFaults(expressions: unknown): ConfigError[] {
  if (expressions === undefined || isCollection(expressions)) return [];
  return [{ path: PLACE, what: `regularExpressions is ${showValue(expressions)}, not a list of texts.`, fix: EXAMPLE }];
}

function isObject(options: unknown): boolean {
  return typeof options === 'object' && options !== null && !Array.isArray(options);
}

function isCollection(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** Maximum number of steps per event name: about a millisecond. */
const MAX_STEPS = 500_000;

function readPattern(expression: unknown): NamePattern | ConfigError {
  if (typeof expression !== 'string') {
    return {
      path: PLACE,
      what: `regularExpressions holds ${showValue(expression)}, which is not a text.`,
      fix: EXAMPLE,
    };
  }
  try {
    const { source, flags } = fromPython(expression);
    // With `u`, a dot is one character and no escape means a letter.
    const pattern = NamePattern.read(source, `${flags}u`, { place: 'start', maxSteps: () => MAX_STEPS });
    if (pattern instanceof NamePattern) return pattern;
    return { path: PLACE, what: `${showInFull(expression)} ${pattern.what}.`, fix: pattern.fix };
  } catch (error) {
    // removes the prefix with the whole expression
    const reason = (error as Error).message.replace(/^[^]*\/\w*: /, '');
    const what = `${showInFull(expression)} is no regular expression: ${reason}`;
    return { path: PLACE, what, fix: 'escape what is meant literally by a backslash', cause: error };
  }
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

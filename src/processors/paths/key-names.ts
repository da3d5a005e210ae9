import { RecentKeys } from '../recent-keys';
import type { OptionPlace } from '../../common/option-place';
import { showValue } from '../../common/show-value';
import { isIterable } from '../../common/value-kinds';
import { MAX_MATCHED_LENGTH, NamePattern, PatternError } from '../patterns/name-pattern';

const MAX_KNOWN = 2000;
const MAX_LENGTH = 200;
/**
 * Matching steps allowed per character. An event may have thousands of keys, so the cost of one is
 * limited by its length: up to a few microseconds for most.
 */
const STEPS_PER_CHARACTER = 100;
const SHORT_KEY = 64;

/** Matches field names, ignoring case. Events repeat the same names, so each is decided once. */
export class KeyNames {
  private readonly names = new Set<string>();
  private readonly patterns: NamePattern[] = [];
  private readonly known = new RecentKeys<boolean>(MAX_KNOWN);

  /**
   * Reads names and patterns from an option.
   * @param keys strings that equal the whole name, and patterns that match anywhere in it
   * @returns undefined if there are none
   */
  static read(keys: unknown, place: OptionPlace): KeyNames | undefined {
    if (keys === undefined) return undefined;
    if (!isIterable(keys)) {
      place.reject(showValue(keys), 'a list of names and patterns');
      return undefined;
    }
    const given = [...keys];
    if (given.length === 0) return undefined;
    const names = new KeyNames();
    for (const key of given) names.add(key, place);
    return names;
  }

  /**
   * Returns true if fields with this name are to be replaced. A name that is too long for the
   * patterns counts as a match if there are any.
   */
  has(key: string): boolean {
    if (key.length > MAX_LENGTH) return this.decide(key);
    return this.known.get(key) ?? this.known.enter(key, this.decide(key));
  }

  private add(key: unknown, place: OptionPlace): void {
    if (typeof key === 'string' && key !== '') this.names.add(key.toLowerCase());
    else if (key instanceof RegExp) this.addPattern(key, place);
    else place.add(`contains ${showValue(key)}; expected the name of a field or a pattern.`);
  }

  private addPattern({ source, flags }: RegExp, place: OptionPlace): void {
    // With g or y a pattern continues after its last match, and would miss every other field.
    const pattern = NamePattern.read(source, `${flags.replace(/[dgiy]/g, '')}i`, {
      place: 'anywhere',
      maxSteps: (length) => STEPS_PER_CHARACTER * Math.max(length, SHORT_KEY),
    });
    if (pattern instanceof PatternError) place.add(`contains /${source}/, which ${pattern.what}.`, pattern.fix);
    else this.patterns.push(pattern);
  }

  private decide(key: string): boolean {
    if (this.names.has(key.toLowerCase())) return true;
    if (key.length > MAX_MATCHED_LENGTH) return this.patterns.length > 0;
    return this.patterns.some((pattern) => pattern.test(key));
  }
}

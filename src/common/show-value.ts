/**
 * Formats values of the configuration for error messages. A secret easily ends up in the wrong
 * option: the wrong variable of `process.env`, an object flattened by one level, swapped arguments.
 * Therefore a string is shown only if it cannot be a secret, and as its length otherwise (decision
 * 0120). No rule depends on the name of the option.
 */

import { nameDistance } from './nearest-name';

/**
 * Words that people often write where another word is expected. Showing a string from this list
 * reveals no secret.
 */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  `true false yes no on off enabled disabled null undefined none nan default
   trace debug info warn warning error fatal critical verbose log exception silent
   json ndjson jsonl csv xml text reference python gzip utf8 get head post put patch delete options
   allowlist whitelist blocklist blacklist denylist allow block deny include exclude
   skip drop keep throw ignore fail stop retry mask remove hide hash redact dead-letter
   worker emitter both main web report reject strict before after context data success settled always
   group new beginning end start latest earliest all leader any oldest newest
   milliseconds seconds minutes hours days weeks`
    .split(/\s+/)
    .flatMap((word) => [word, word.toUpperCase(), `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`]),
);
/** A number in quotes, with or without a unit. It is too short to be a secret. */
const SHORT_NUMBER = /^-?\d{1,6}(\.\d{1,4})?(ms|s|m|h|d|b|kb|mb|gb|%)?$/i;
const MAX_SHOWN = 60;

/**
 * Formats a value for an error message: its kind, and its content only if it cannot be a secret.
 * Shown are numbers, booleans, null, undefined, and strings that are empty, a short number or a
 * word of a closed list. Other strings are shown as `a string of 43 characters`, objects by class
 * and lists by length. Never throws.
 */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return isPlain(value) ? JSON.stringify(value) : lengthOf('string', value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return shortened(String(value));
    case 'function':
      return showFunction(value);
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : showObject(value);
  }
}

/** Formats the kind of a value, for an option that holds a secret. Numbers are not shown either. */
export function showKind(value: unknown): string {
  if (typeof value === 'string' && value !== '') return lengthOf('string', value);
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber ? `a ${typeof value}` : showValue(value);
}

/**
 * Formats a value as `showValue` does, but shows up to 60 characters of a string. For regular
 * expressions, and for values of a test or a document.
 */
export function showInFull(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shortened(value)) : showValue(value);
}

/**
 * Formats a value as `showValue` does, but shows the name or path of an event or field if it
 * consists of words: `data.user_id`.
 */
export function showName(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_SHOWN) return showValue(value);
  const parts = value.split(/[\s_./:*[\]-]+/).filter((part) => part !== '');
  return parts.every((part) => readsLikeName(part) || /^\d{1,4}$/.test(part))
    ? JSON.stringify(value)
    : showValue(value);
}

/**
 * Returns the name for use in the example of a fix, if `showName` would show it; otherwise
 * `placeholder`.
 */
export function nameOr(placeholder: string, name: unknown): string {
  return typeof name === 'string' && showName(name).startsWith('"') ? name : placeholder;
}

/**
 * Formats a value as `showValue` does, but shows names from other systems, such as nodes, queues
 * and connections. A string is shown if it has the form of such a name or reads like words; a
 * connection string does not.
 */
export function showIdentifier(value: unknown): string {
  if (typeof value !== 'string') return showValue(value);
  const isName = /^[\w.-]{1,64}$/.test(value) || readsLikeName(value.replace(/[ ./:-]/g, '_'));
  return isName ? JSON.stringify(value) : showValue(value);
}

/**
 * Formats a value as `showValue` does, but shows a string that is similar to one of the choices, so
 * that the reader can see the misspelling.
 */
export function showChoice(value: unknown, choices: readonly unknown[]): string {
  const isClose = typeof value === 'string' && choices.some((choice) => isNear(value, choice));
  return isClose ? JSON.stringify(value) : showValue(value);
}

/**
 * Returns the name of an unknown option without quotes. Returns `(a name of 43 characters)` unless
 * the name is similar to a known one or reads like the name of an option, such as `maxRetries` or
 * `filter_type`.
 */
export function optionName(name: string, known: readonly string[] = []): string {
  const isShown = known.some((each) => isNear(name, each)) || readsLikeName(name);
  return isShown ? name : `(${lengthOf('name', name)})`;
}

/** Returns the name of an unknown option as `optionName` does, in quotes if it is shown. */
export function showOption(name: string, known: readonly string[] = []): string {
  const shown = optionName(name, known);
  return shown === name ? JSON.stringify(name) : shown.slice(1, -1);
}

/**
 * Returns the known option that is most similar to a misspelled name; undefined if none is similar.
 */
export function nearOption(name: string, known: readonly string[]): string | undefined {
  return known
    .filter((each) => isNear(name, each))
    .map((each) => ({ each, distance: nameDistance(folded(name), folded(each)) }))
    .sort((a, b) => a.distance - b.distance)[0]?.each;
}

/** Returns the fix for an unknown option: the most similar known option, or `otherwise`. */
export function unknownOptionFix(name: string, known: readonly string[], otherwise = 'leave it out'): string {
  const near = nearOption(name, known);
  return near === undefined ? otherwise : `did you mean ${near}?`;
}

function isPlain(text: string): boolean {
  return text === '' || SHORT_NUMBER.test(text) || COMMON_WORDS.has(text);
}

function lengthOf(kind: 'string' | 'name', { length }: string): string {
  return `a ${kind} of ${String(length)} ${length === 1 ? 'character' : 'characters'}`;
}

function shortened(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function showFunction(value: { readonly name: string }): string {
  try {
    const { name } = value;
    // A function in an object literal is named after its key.
    return typeof name === 'string' && readsLikeName(name) ? `the function ${name}` : 'a function';
  } catch {
    return 'a function that cannot be read'; // a revoked proxy
  }
}

function showObject(value: object): string {
  try {
    if (Array.isArray(value)) return `a list of ${String(value.length)}`;
    const prototype = Object.getPrototypeOf(value) as { readonly constructor?: unknown } | null;
    const made: unknown = prototype?.constructor;
    const name: unknown = typeof made === 'function' ? made.name : 'Object';
    if (name === 'Object') return 'an object';
    return typeof name === 'string' && readsLikeName(name) ? `an object of the class ${name}` : 'an object of a class';
  } catch {
    return 'an object that cannot be read'; // a revoked proxy
  }
}

const WORDS = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;
const MAX_NAME = { length: 32, words: 5, wordLength: 13, acronymLength: 4 };

/**
 * True if a string consists of a few words in `camelCase` or `snake_case` without digits, like the
 * names of options, classes and variables. Generated keys and tokens are longer, contain digits, or
 * change case at random.
 */
function readsLikeName(text: string): boolean {
  if (/^[\w-]{1,3}$/.test(text)) return true;
  if (text.length > MAX_NAME.length || !/^_{0,2}[A-Za-z]+(_[A-Za-z]+)*_{0,2}$/.test(text)) return false;
  const words = text.match(WORDS) ?? [];
  const acronyms = words.filter((word) => /^[A-Z]{2}/.test(word));
  if (words.length > MAX_NAME.words || (acronyms.length > 1 && /[a-z]/.test(text))) return false;
  const letters = words.join('').length;
  const leastAverage = letters > 14 ? 5 : letters > 12 ? 4 : letters > 8 ? 3 : 2;
  const leastLength = letters > 8 ? 2 : 1;
  return letters >= words.length * leastAverage && words.every((word) => word.length >= leastLength && isWord(word));
}

function isWord(word: string): boolean {
  const longest = /^[A-Z]{2}/.test(word) ? MAX_NAME.acronymLength : MAX_NAME.wordLength;
  return word.length <= longest && (word.length < 4 || /[aeiouy]/i.test(word)) && !/(.)\1\1|[^aeiouy]{5}/i.test(word);
}

/**
 * True if two strings are equal except for case, separators and a few letters, or if `text` is the
 * beginning of `known`.
 */
function isNear(text: string, known: unknown): boolean {
  if (typeof known !== 'string' || text.length > known.length + 3) return false;
  const [given, meant] = [folded(text), folded(known)];
  if (given === '') return false;
  if (given.length >= 3 && meant.startsWith(given)) return true;
  return nameDistance(given, meant) <= Math.min(2, Math.floor(meant.length / 3));
}

function folded(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}

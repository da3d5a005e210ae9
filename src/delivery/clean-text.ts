/** Maximum length of a reason that is stored with an event, counted and logged. */
const MAX_LENGTH = 500;
/**
 * Length to which the input is cut before anything is replaced: a reason may be the whole body of a
 * response.
 */
const MAX_READ = 4 * MAX_LENGTH;
/**
 * Control characters and line breaks would let a reason forge log lines. Lone surrogates are not
 * valid UTF-8.
 */
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu;

/**
 * Returns a short one-line string that describes any value. Used for reasons that come from code of
 * the application. Reads only `message`, `reason`, `code` and the class of an object, because its
 * other values may be event data. Never throws.
 */
export function cleanText(value: unknown): string {
  try {
    const text = textOf(value).slice(0, MAX_READ).replace(UNPRINTABLE, ' ').trim().slice(0, MAX_LENGTH);
    // the cut may have split a surrogate pair
    return text === '' ? 'no reason given' : text.replace(UNPRINTABLE, '');
  } catch {
    return 'a value that cannot be read';
  }
}

/**
 * Returns the kind of a value without the value, for the developer who passed it: `a string`,
 * `NaN`, `an instance of Set`.
 */
export function kindOf(value: unknown): string {
  try {
    if (value === null || value === undefined) return String(value);
    if (typeof value === 'number' && !Number.isInteger(value))
      return Number.isFinite(value) ? 'a fraction' : String(value);
    if (typeof value !== 'object') return `a ${typeof value}`;
    const { name } = (value as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
    return Array.isArray(value)
      ? 'an array'
      : `an instance of ${typeof name === 'string' ? cleanText(name) : 'no class'}`;
  } catch {
    return 'an object that cannot be read';
  }
}

/** Returns the name of an error, such as `RangeError`, without its message. Never throws. */
export function errorKind(error: unknown): string {
  try {
    return error instanceof Error ? cleanText(error.name) : 'what is not an error';
  } catch {
    return 'an error that cannot be read';
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? 'a function' : String(value);
  const { message, reason, code, name } = value as Partial<Record<string, unknown>>;
  const told = [message, reason, code].find((each) => typeof each === 'string' && each !== '');
  if (typeof told === 'string') return told;
  return value instanceof Error && typeof name === 'string' ? name : kindOf(value);
}

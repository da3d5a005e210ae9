/** Longest reason that is kept with an event, counted, and logged. */
const MAX_LENGTH = 500;
/** Cut off before anything is replaced: a reason may be the whole body of a reply. */
const MAX_READ = 4 * MAX_LENGTH;
/** Control characters and line breaks would let a reason forge log lines; lone surrogates are no valid UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu;

/**
 * A short string on one line that says what any value says, for reasons that code of the application gives. Reads no more of an
 * object than its `message`, `reason`, `code` and class: its other values may be those of an event. Never throws.
 */
export function cleanText(value: unknown): string {
  try {
    const text = textOf(value).slice(0, MAX_READ).replace(UNPRINTABLE, ' ').trim().slice(0, MAX_LENGTH);
    return text === '' ? 'no reason given' : text.replace(UNPRINTABLE, ''); // the cut may have halved a character
  } catch {
    return 'a value that cannot be read';
  }
}

/** What kind of value it is, for the developer who gave it, without the value: `a string`, `NaN`, `an instance of Set`. */
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

/** The name of an error, such as `RangeError`; nothing of what it says. Never throws. */
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

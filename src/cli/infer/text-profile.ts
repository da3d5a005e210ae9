const MAX_DISTINCT = 12;
const MAX_LENGTH = 40;
/** Minimum average count of the values, for them to be treated as all possible values. */
const TIMES_EACH = 8;
const TIMES = 20;

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^(?=.*:.*:)[\da-f:.]{3,45}$/i;
const TIME_OF_DAY = /^\d\d:\d\d(?::\d\d)?$/;
const PHONE = /^\+\d[\d ().-]{6,20}$|^\(?0\d{2,5}\)?[ /-]\d[\d -]{4,14}$/;

/** Word that may be one of a fixed choice: not an id, an address, or a sentence. */
const WORD = /^[A-Za-z][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+){0,2}$/;

export type PersonalText = 'email' | 'ip' | 'phone';

/** Profile of the strings at one place. */
export class TextProfile {
  count = 0;
  /** Counts of strings whose form shows that they are personal. */
  readonly personal = { email: 0, ip: 0, phone: 0 };
  private distinct: Set<string> | undefined = new Set();

  add(text: string): void {
    this.count++;
    const kind = personalText(text);
    if (kind !== undefined) this.personal[kind]++;
    if (this.distinct === undefined || this.distinct.has(text)) return;
    if (text.length > MAX_LENGTH || this.distinct.size >= MAX_DISTINCT) this.distinct = undefined;
    else this.distinct.add(text);
  }

  merge(other: TextProfile): void {
    this.count += other.count;
    for (const kind of ['email', 'ip', 'phone'] as const) this.personal[kind] += other.personal[kind];
    if (this.distinct === undefined || other.distinct === undefined) this.distinct = undefined;
    else for (const text of other.distinct) this.distinct.add(text);
    if (this.distinct !== undefined && this.distinct.size > MAX_DISTINCT) this.distinct = undefined;
  }

  /**
   * Returns the values if they look like a fixed choice. A single value may be the only one of this
   * log by accident.
   */
  choices(): readonly string[] | undefined {
    const { distinct, count } = this;
    if (distinct === undefined || distinct.size < 2) return undefined;
    if (count < TIMES || count < distinct.size * TIMES_EACH) return undefined;
    const values = [...distinct];
    return values.every((value) => WORD.test(value) && !/\d{3}/.test(value)) ? values.sort() : undefined;
  }
}

export function personalText(text: string): PersonalText | undefined {
  if (text.length < 3 || text.length > 254) return undefined;
  if (text.includes('@')) return EMAIL.test(text) ? 'email' : undefined;
  if (IPV4.test(text)) return 'ip';
  if (text.includes(':')) return IPV6.test(text) && !TIME_OF_DAY.test(text) ? 'ip' : undefined;
  return PHONE.test(text) ? 'phone' : undefined;
}

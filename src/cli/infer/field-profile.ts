/**
 * Profile of the values at one place in the events of one name.
 * It is collected line by line in bounded memory: the types, their counts, and the strings if there
 * are only a few. The schema that is drafted from it accepts all of these lines.
 */
import { isDateTime } from '../date-time';
import { isIdKey } from './id-keys';
import { personalText, TextProfile } from './text-profile';

/**
 * Remaining number of separate places for the events of one name. A name whose keys are ids would
 * otherwise grow without limit.
 */
export interface Budget {
  fields: number;
}

const MAX_DEPTH = 16;
const MAX_KEYS = 300;
/**
 * Keys that a schema cannot have: `__proto__` is the prototype, and JSON Schema paths cannot
 * contain lone surrogates.
 */
const CANNOT_BE_NAMED = /^__proto__$|\p{Cs}/u;

export class FieldProfile {
  /** Number of values. */
  count = 0;
  nulls = 0;
  booleans = 0;
  integers = 0;
  /** Count of numbers that are fractions, or too large to be exact. */
  fractions = 0;
  /** Count of numbers in JSON that no schema accepts: 1e999. */
  unreadable = 0;
  dateTimes = 0;
  readonly texts = new TextProfile();
  arrays = 0;
  items: FieldProfile | undefined;
  objects = 0;
  /** Profiles by key of the objects; undefined for a map. */
  fields: Map<string, FieldProfile> | undefined = new Map();
  /** Profile of the values of a map. */
  values: FieldProfile | undefined;
  /** True if objects have keys without a profile: too many, or names that a schema cannot have. */
  isOpen = false;
  /**
   * True if the keys of the map are addresses or telephone numbers of people. Known once maps are
   * folded.
   */
  hasPersonalKeys = false;

  constructor(
    private readonly budget: Budget,
    private readonly depth = 0,
  ) {}

  add(value: unknown): void {
    this.count++;
    switch (typeof value) {
      case 'string':
        if (isDateTime(value)) this.dateTimes++;
        this.texts.add(value);
        return;
      case 'number':
        if (Number.isSafeInteger(value)) this.integers++;
        else if (Number.isFinite(value)) this.fractions++;
        else this.unreadable++;
        return;
      case 'boolean':
        this.booleans++;
        return;
      default:
        if (value === null) this.nulls++;
        else if (Array.isArray(value)) this.addArray(value);
        else this.addObject(value as object);
    }
  }

  /** True if the place is too deep, so that nested values are ignored. */
  get isBottom(): boolean {
    return this.depth >= MAX_DEPTH;
  }

  /**
   * Turns objects into a map if one schema fits the values of all keys. Call it after all lines are
   * read.
   */
  foldIfMap(): void {
    if (this.fields !== undefined && this.hasKeysOfMap(this.fields)) this.fold();
    for (const below of this.fields?.values() ?? []) below.foldIfMap();
    this.values?.foldIfMap();
    this.items?.foldIfMap();
  }

  /**
   * Moves some of the fields of another profile into this one. The other profile must not be used
   * afterwards.
   */
  mergeFields(other: FieldProfile, keys: ReadonlySet<string>): void {
    this.objects += other.objects;
    for (const [key, field] of other.fields ?? []) {
      if (!keys.has(key)) continue;
      const known = this.fields?.get(key);
      if (known === undefined) this.fields?.set(key, field);
      else known.merge(field);
    }
  }

  private addArray(items: readonly unknown[]): void {
    this.arrays++;
    if (this.isBottom || items.length === 0) return;
    this.items ??= this.below();
    for (const item of items) this.items.add(item);
  }

  private addObject(value: object): void {
    this.objects++;
    if (this.isBottom) return;
    for (const [key, field] of Object.entries(value)) {
      this.fieldOf(key)?.add(field);
    }
  }

  private fieldOf(key: string): FieldProfile | undefined {
    if (this.fields === undefined) return (this.values ??= this.below());
    const known = this.fields.get(key);
    if (known !== undefined) return known;
    if (this.fields.size >= MAX_KEYS) {
      this.fold();
      return (this.values ??= this.below());
    }
    if (CANNOT_BE_NAMED.test(key) || this.budget.fields <= 0) {
      this.isOpen = true;
      return undefined;
    }
    const made = this.below();
    this.fields.set(key, made);
    return made;
  }

  private below(): FieldProfile {
    this.budget.fields--;
    return new FieldProfile(this.budget, this.depth + 1);
  }

  private hasKeysOfMap(fields: ReadonlyMap<string, FieldProfile>): boolean {
    const keys = [...fields.keys()];
    // Keys that identify a person must not appear in a definition.
    if (keys.some((key) => personalText(key) !== undefined)) return true;
    const ids = keys.filter(isIdKey).length;
    if (ids > 0 && ids === fields.size) return true;
    if (ids >= 5 && ids >= fields.size * 0.8) return true;
    if (fields.size <= 30) return false;
    // Many keys, each of them rare, with values of the same type: the keys are user input.
    const seen = [...fields.values()].reduce((sum, { count }) => sum + count, 0);
    const kinds = new Set([...fields.values()].flatMap((field) => field.kinds()));
    return seen / (fields.size * this.objects) < 0.2 && kinds.size === 1;
  }

  private kinds(): string[] {
    return [
      ...(this.texts.count > 0 ? ['text'] : []),
      ...(this.integers + this.fractions > 0 ? ['number'] : []),
      ...(this.booleans > 0 ? ['boolean'] : []),
      ...(this.arrays > 0 ? ['array'] : []),
      ...(this.objects > 0 ? ['object'] : []),
    ];
  }

  private fold(): void {
    for (const key of this.fields?.keys() ?? []) this.hasPersonalKeys ||= personalText(key) !== undefined;
    for (const field of this.fields?.values() ?? []) {
      if (this.values === undefined) this.values = field;
      else this.values.merge(field);
    }
    this.fields = undefined;
  }

  private merge(other: FieldProfile): void {
    for (const name of COUNTS) this[name] += other[name];
    this.isOpen ||= other.isOpen;
    this.hasPersonalKeys ||= other.hasPersonalKeys;
    this.texts.merge(other.texts);
    if (other.items !== undefined) {
      if (this.items === undefined) this.items = other.items;
      else this.items.merge(other.items);
    }
    // A map stays a map when it is merged.
    if (this.fields === undefined || other.fields === undefined) {
      this.fold();
      other.fold();
      if (this.values === undefined) this.values = other.values;
      else if (other.values !== undefined) this.values.merge(other.values);
      return;
    }
    for (const [key, field] of other.fields) {
      const known = this.fields.get(key);
      if (known === undefined) this.fields.set(key, field);
      else known.merge(field);
    }
    if (this.fields.size > MAX_KEYS) this.fold();
  }
}

const COUNTS = [
  ...(['count', 'nulls', 'booleans', 'integers', 'fractions', 'unreadable', 'dateTimes', 'arrays', 'objects'] as const),
];

/**
 * What has been seen in one place of the events of one name, gathered line by line in bounded memory: which types, how often,
 * and the few texts if there are only few. From it a schema is drafted under which each of those lines is right.
 */
import { isDateTime } from '../date-time';
import { isIdKey } from './id-keys';
import { personalText, TextProfile } from './text-profile';

/** How many places are kept apart in the events of one name. A name whose keys are ids would otherwise grow without end. */
export interface Budget {
  fields: number;
}

const MAX_DEPTH = 16;
const MAX_KEYS = 300;
/** To a schema that is what the object inherits from; and half a character is in no path of JSON Schema. */
const CANNOT_BE_NAMED = /^__proto__$|\p{Cs}/u;

export class FieldProfile {
  /** How often there was a value. */
  count = 0;
  nulls = 0;
  booleans = 0;
  integers = 0;
  /** Numbers that are not whole, or too large to be told apart from their neighbours. */
  fractions = 0;
  /** JSON can hold numbers which no schema takes: 1e999. */
  unreadable = 0;
  dateTimes = 0;
  readonly texts = new TextProfile();
  arrays = 0;
  items: FieldProfile | undefined;
  objects = 0;
  /** By the keys of the objects; undefined for a map. */
  fields: Map<string, FieldProfile> | undefined = new Map();
  /** What is under the keys of a map. */
  values: FieldProfile | undefined;
  /** Whether objects have keys that are not kept apart: too many, or names that a schema cannot have. */
  isOpen = false;
  /** True if the keys of the map are addresses or telephone numbers of people. Known once maps are folded. */
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

  /** Whether what is below it is not looked at: too deep. */
  get isBottom(): boolean {
    return this.depth >= MAX_DEPTH;
  }

  /** Whether the objects are a map: one schema for what is under any key. Asked once all has been seen. */
  foldIfMap(): void {
    if (this.fields !== undefined && this.hasKeysOfMap(this.fields)) this.fold();
    for (const below of this.fields?.values() ?? []) below.foldIfMap();
    this.values?.foldIfMap();
    this.items?.foldIfMap();
  }

  /** Takes over some of the fields of objects that were looked at elsewhere, where they are no longer asked for. */
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
    // Whoever it names, a definition does not.
    if (keys.some((key) => personalText(key) !== undefined)) return true;
    const ids = keys.filter(isIdKey).length;
    if (ids > 0 && ids === fields.size) return true;
    if (ids >= 5 && ids >= fields.size * 0.8) return true;
    if (fields.size <= 30) return false;
    // Many keys, each of them rare, and all with the same in them: somebody's words.
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
    // A map stays one, whatever it is put together with.
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

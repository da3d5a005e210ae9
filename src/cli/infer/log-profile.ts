import type { LoggedEvent } from '../event-line';
import { FieldProfile, type Budget } from './field-profile';
import { NameCounts } from './name-counts';

const MAX_NAMES = 1000;
const MAX_FIELDS = 3000;
/** Number of events of which the one with the most fields becomes the example. */
const EXAMPLES_TRIED = 100;
const MAX_EXAMPLE_LENGTH = 4000;

/** Profile of the events of one name. */
export class NameProfile {
  count = 0;
  /** Time of the earliest event in epoch milliseconds; NaN until an event has a valid time. */
  firstSeen = Number.NaN;
  lastSeen = Number.NaN;
  readonly data: FieldProfile;
  readonly context: FieldProfile;
  /** Data of a real event, as logged. */
  example: object | undefined;
  private exampleFields = 0;

  constructor() {
    const budget: Budget = { fields: MAX_FIELDS };
    this.data = new FieldProfile(budget);
    this.context = new FieldProfile(budget);
  }

  add({ timestamp, data, context }: LoggedEvent, lineLength: number): void {
    this.count++;
    const time = Date.parse(timestamp);
    if (!(time >= this.firstSeen)) this.firstSeen = Number.isNaN(time) ? this.firstSeen : time;
    if (!(time <= this.lastSeen)) this.lastSeen = Number.isNaN(time) ? this.lastSeen : time;
    this.data.add(data);
    this.context.add(context);
    if (this.count <= EXAMPLES_TRIED && lineLength <= MAX_EXAMPLE_LENGTH) this.consider(data);
  }

  private consider(data: unknown): void {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return;
    const fields = countFields(data);
    if (fields <= this.exampleFields) return;
    this.example = data;
    this.exampleFields = fields;
  }
}

/** Profile of a log by event name: of the first 1,000 names, or of given names. */
export class LogProfile {
  readonly names = new Map<string, NameProfile>();
  /** Number of events with other names. */
  otherNames = 0;
  private readonly others = new NameCounts();

  /**
   * @param wanted names to profile
   * @default the first 1,000
   */
  constructor(private readonly wanted?: ReadonlySet<string>) {}

  take(event: LoggedEvent, lineLength: number): void {
    const profile = this.names.get(event.name) ?? this.begin(event.name);
    if (profile !== undefined) {
      profile.add(event, lineLength);
      return;
    }
    this.otherNames++;
    if (this.wanted === undefined) this.others.add(event.name);
  }

  /**
   * Returns the 1,000 most frequent names if some of them were not profiled because they occurred
   * late. A definition must match all lines of an event, so the log must be read again for them.
   * undefined if that is not necessary.
   */
  missedNames(): ReadonlySet<string> | undefined {
    if (this.otherNames === 0 || this.wanted !== undefined) return undefined;
    const known = [...this.names].map(([name, { count }]) => ({ name, count }));
    const frequent = [...known, ...this.others.all()]
      // the sort is stable: of equal counts, profiled names come first
      .sort((one, other) => other.count - one.count)
      .slice(0, MAX_NAMES);
    return frequent.every(({ name }) => this.names.has(name)) ? undefined : new Set(frequent.map(({ name }) => name));
  }

  private begin(name: string): NameProfile | undefined {
    const isWanted = this.wanted === undefined ? this.names.size < MAX_NAMES : this.wanted.has(name);
    if (!isWanted) return undefined;
    const profile = new NameProfile();
    this.names.set(name, profile);
    return profile;
  }
}

function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each) => sum + countFields(each), 1);
}

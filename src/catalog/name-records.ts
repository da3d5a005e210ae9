import type { EventCheck } from './event-check';
import type { NamesSeen, SeenEvent } from './tracking-catalog';
import type { ValidationMode } from './validation-mode';

/** All that is known of the events of one name. */
export interface NameRecord {
  readonly name: string;
  readonly check: EventCheck | undefined;
  readonly mode: ValidationMode;
  /** Says in each event by which definition it was made; undefined if events do not say that. */
  readonly stamp: object | undefined;
  /** How often it was looked up where such an event is emitted. */
  callSites: number;
  count: number;
  /** Epoch milliseconds. */
  firstAt: number;
  /** Epoch milliseconds. */
  lastAt: number;
}

/** Names may be made of what users type: so both their number and their length are bounded. */
const MAX_NAMES = 10_000;
const MAX_NAME_LENGTH = 200;

/** Which names were emitted, how often and when. Names of the catalog are always kept. */
export class NameRecords implements NamesSeen {
  private readonly records = new Map<string, NameRecord>();
  private otherCount = 0;

  constructor(
    planned: Iterable<string>,
    private readonly make: (name: string) => NameRecord,
  ) {
    for (const name of planned) this.records.set(name, make(name));
  }

  get others(): number {
    return this.otherCount;
  }

  seen(): SeenEvent[] {
    return [...this.records.values()].flatMap(({ name, count, firstAt, lastAt }) =>
      count === 0 ? [] : { name, count, firstAt: new Date(firstAt), lastAt: new Date(lastAt) },
    );
  }

  /** Counts an event. @param time of the event, epoch milliseconds */
  count(name: string, time: number): NameRecord {
    const record = this.records.get(name) ?? this.enter(name);
    if (record.count++ === 0) record.firstAt = time;
    record.lastAt = time;
    return record;
  }

  /** Without counting. */
  of(name: string): NameRecord {
    return this.records.get(name) ?? this.make(name);
  }

  known(name: string): NameRecord | undefined {
    return this.records.get(name);
  }

  private enter(given: string): NameRecord {
    if (this.records.size >= MAX_NAMES || given.length > MAX_NAME_LENGTH) {
      this.otherCount++;
      return this.make(given);
    }
    // A copy: V8 keeps the whole of a string, a body say, as long as a slice of it is kept.
    const name = JSON.parse(JSON.stringify(given)) as string;
    const record = this.make(name);
    this.records.set(name, record);
    return record;
  }
}

import type { EventCheck } from './event-check';
import type { NamesSeen, SeenEvent } from './tracking-catalog';
import type { ValidationMode } from './validation-mode';

/** Data about the events of one name. */
export interface NameRecord {
  readonly name: string;
  readonly check: EventCheck | undefined;
  readonly mode: ValidationMode;
  /** Context fields that name the definition of an event; undefined if events are not stamped. */
  readonly stamp: object | undefined;
  /** Number of stacks that were read for events of this name. */
  callSites: number;
  count: number;
  /** Time of the first event, epoch milliseconds. */
  firstAt: number;
  /** Time of the last event, epoch milliseconds. */
  lastAt: number;
}

/** Maximum number of names, because names may be built from user input. */
const MAX_NAMES = 10_000;
const MAX_NAME_LENGTH = 200;

/** Counts events by name. Names of the catalog are always kept. */
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

  /**
   * Counts an event.
   * @param time time of the event, epoch milliseconds
   */
  count(name: string, time: number): NameRecord {
    const record = this.records.get(name) ?? this.enter(name);
    if (record.count++ === 0) record.firstAt = time;
    record.lastAt = time;
    return record;
  }

  /** Returns the record of a name without counting an event. */
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
    // This is a copy: as long as a slice exists, V8 keeps the whole string that it came from.
    const name = JSON.parse(JSON.stringify(given)) as string;
    const record = this.make(name);
    this.records.set(name, record);
    return record;
  }
}

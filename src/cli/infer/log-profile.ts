import type { LoggedEvent } from '../log-events';
import { FieldProfile, type Budget } from './field-profile';

const MAX_NAMES = 1000;
const MAX_FIELDS = 3000;
/** Of which the fullest becomes the example. */
const EXAMPLES_TRIED = 100;
const MAX_EXAMPLE_LENGTH = 4000;

/** What has been seen of the events of one name. */
export class NameProfile {
  count = 0;
  /** In milliseconds; NaN until one was seen that is a time. */
  firstSeen = Number.NaN;
  lastSeen = Number.NaN;
  readonly data: FieldProfile;
  readonly context: FieldProfile;
  /** The data of a real event, as it stands in the log. */
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

/** What has been seen in a log, by the names of its events. */
export class LogProfile {
  readonly names = new Map<string, NameProfile>();
  /** Events of the names for which there was no room. */
  otherNames = 0;

  take(event: LoggedEvent, lineLength: number): void {
    let profile = this.names.get(event.name);
    if (profile === undefined) {
      if (this.names.size >= MAX_NAMES) {
        this.otherNames++;
        return;
      }
      profile = new NameProfile();
      this.names.set(event.name, profile);
    }
    profile.add(event, lineLength);
  }
}

function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each) => sum + countFields(each), 1);
}

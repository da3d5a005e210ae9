import { generalPath, type Violation } from '../catalog/violation';
import type { JournalEntry } from './journal/journal-entry';
import { eventJson } from './rows';

/** As many as there are entries in the list of violations. */
const MAX_EXAMPLES = 1000;
const MAX_LENGTH = 500;

/** Remembers the last value that violated the catalog at each place, redacted. */
export class ViolationExamples {
  private readonly examples = new Map<string, unknown>();

  /** Takes the values of a redacted event. */
  note(entry: JournalEntry): void {
    if (entry.found.length === 0) return;
    const { name } = entry.envelope;
    for (const violation of entry.found) {
      const value = valueOf(entry, violation);
      if (value === undefined) continue;
      const key = keyOf(name, violation);
      this.examples.delete(key);
      this.examples.set(key, value);
      const [oldest] = this.examples.keys();
      if (this.examples.size > MAX_EXAMPLES && oldest !== undefined) this.examples.delete(oldest);
    }
  }

  /** Returns the last value; undefined if there is none, or it is not known. */
  find(event: string, violation: Pick<Violation, 'kind' | 'path'>): unknown {
    return this.examples.get(keyOf(event, violation));
  }
}

/** The value that violates the catalog, redacted; undefined if it is missing or not known. */
export function valueOf({ envelope }: JournalEntry, { kind, path }: Pick<Violation, 'kind' | 'path'>): unknown {
  const event = eventJson(envelope.sharedStored());
  const steps = kind === 'unplanned-event' ? ['data'] : path.split('.').filter(Boolean);
  if (steps.length === 0) return undefined;
  let value: unknown = event;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return shortened(value);
}

function shortened(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : value;
}

function keyOf(event: string, { kind, path }: Pick<Violation, 'kind' | 'path'>): string {
  return JSON.stringify([event, kind, generalPath(path)]);
}

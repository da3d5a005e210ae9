import { generalPath, type Violation, type ViolationKind } from '../../catalog/violation';
import type { LinePlace } from '../log-events';

/** Violations of one kind at one place of one event. Its `file` and `line` are those of the first. */
export interface ViolationRow extends LinePlace {
  readonly event: string;
  readonly kind: ViolationKind;
  /** `*` stands for the number of an item, and for a key that the definition does not declare. */
  readonly path: string;
  readonly message: string;
  readonly count: number;
}

const MAX_ROWS = 1000;

/** Counts violations, of which a log can have as many as lines. Bounded: what does not fit is counted as one. */
export class ViolationTable {
  /** Those for which there was no row left. */
  others = 0;
  private readonly byKey = new Map<string, { -readonly [Field in keyof ViolationRow]: ViolationRow[Field] }>();

  constructor(private readonly maxRows = MAX_ROWS) {}

  add(event: string, violation: Violation, place: LinePlace): void {
    const { kind, message } = violation;
    const path = generalPath(violation.path);
    const key = JSON.stringify([event, kind, path, message]);
    const row = this.byKey.get(key);
    if (row !== undefined) row.count++;
    else if (this.byKey.size >= this.maxRows) this.others++;
    else this.byKey.set(key, { event, kind, path, message, count: 1, ...place });
  }

  /** By event, and within it the most frequent first. */
  rows(): readonly ViolationRow[] {
    // Of those that are equally frequent, the one that was found first stays first.
    return [...this.byKey.values()].sort((one, other) => compare(one.event, other.event) || other.count - one.count);
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

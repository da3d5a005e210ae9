import { generalPath, type Violation, type ViolationKind } from '../../catalog/violation';
import type { LinePlace } from '../log-events';

/**
 * Violations of one kind at one place of one event. `file` and `line` are the position of the
 * first.
 */
export interface ViolationRow extends LinePlace {
  readonly event: string;
  readonly kind: ViolationKind;
  /**
   * Path of the violation. `*` replaces the index of an item, and a key that the definition does
   * not declare.
   */
  readonly path: string;
  readonly message: string;
  readonly count: number;
}

const MAX_ROWS = 1000;

/**
 * Counts violations in bounded memory, since a log can have as many as lines. Violations without a
 * row share one counter.
 */
export class ViolationTable {
  /** Number of violations without a row. */
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

  /** Returns the rows by event, and for each event the most frequent first. */
  rows(): readonly ViolationRow[] {
    // The sort is stable: equally frequent violations stay in the order in which they were found.
    return [...this.byKey.values()].sort((one, other) => compare(one.event, other.event) || other.count - one.count);
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

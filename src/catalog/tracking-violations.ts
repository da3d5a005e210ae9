import { cut } from '../common/printable';
import { generalPath, type Violation, type ViolationKind } from './violation';
import type { ValidationMode } from './validation-mode';

/** Violation with its number of occurrences. List indices in its path are `*`. */
export interface ViolationCount extends Violation {
  /** Name of the event, shortened to 200 characters. */
  readonly event: string;
  /**
   * Place that emits the event: a decorated method, or the file and line in development. Empty if
   * unknown.
   */
  readonly location: string;
  readonly mode: ValidationMode;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Event that violates its definition, as passed to listeners. */
export interface FoundViolations {
  readonly event: string;
  readonly id: string;
  readonly location: string;
  /** True if the event became a dead letter. */
  readonly isRejected: boolean;
  /** First 100 violations of the event. */
  readonly violations: readonly Violation[];
}

interface Entry extends Omit<Violation, 'message'> {
  message: string;
  readonly event: string;
  readonly location: string;
  readonly mode: ValidationMode;
  readonly firstAt: number;
  count: number;
  lastAt: number;
}

/**
 * Maximum number of entries, because event names may be built from user input. An entry takes at
 * most 1 kB, as its path and message have at most 300 characters each.
 */
const MAX_ENTRIES = 1000;
const MAX_TEXT_LENGTH = 200;
/** Maximum number of entries for unknown events, so that they leave capacity for known ones. */
const MAX_UNPLANNED = 500;

/** Violations found by one tracker since the start of the process. */
export class TrackingViolations {
  private readonly entries = new Map<string, Entry>();
  private readonly kinds = new Map<ViolationKind, number>();
  private readonly listeners = new Set<(found: FoundViolations) => void>();
  private unlistedCount = 0;
  private unplannedCount = 0;

  /**
   * Returns one entry for each kind, event, path and location, in the order of their first
   * occurrence. The list has at most 1,000 entries.
   */
  list(): ViolationCount[] {
    return [...this.entries.values()].map(({ firstAt, lastAt, ...entry }) => ({
      ...entry,
      ...{ firstAt: new Date(firstAt), lastAt: new Date(lastAt) },
    }));
  }

  /** Returns the number of violations by kind. */
  count(): Partial<Record<ViolationKind, number>> {
    return Object.fromEntries(this.kinds);
  }

  /** Number of counted violations that are not in the list because it is full. */
  get unlisted(): number {
    return this.unlistedCount;
  }

  /**
   * Calls a listener for each event with violations, during `emit`.
   * @returns function that removes the listener
   */
  onViolation(listener: (found: FoundViolations) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /**
   * Adds the violations of an event.
   * @internal
   * @returns violations that are new at their place
   */
  add(found: FoundViolations, mode: ValidationMode, now: number): Violation[] {
    const [event, location] = [cut(found.event, MAX_TEXT_LENGTH), cut(found.location, MAX_TEXT_LENGTH)];
    const fresh = found.violations.filter((violation) => this.addOne({ ...violation, event, location, mode }, now));
    for (const listener of this.listeners) {
      try {
        listener(found);
      } catch {
        // An error of one listener must not affect the others.
      }
    }
    return fresh;
  }

  private addOne(violation: Omit<Entry, 'count' | 'firstAt' | 'lastAt'>, now: number): boolean {
    const { kind, event, location } = violation;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    const path = generalPath(violation.path);
    const key = [kind, event, path, location].join('\n');
    const known = this.entries.get(key);
    if (known !== undefined) {
      if (known.message !== violation.message) known.message = sharedMessage(known.message, violation.message);
      known.count++;
      known.lastAt = now;
      return false;
    }
    if (!this.hasRoomFor(kind)) {
      this.unlistedCount++;
      return false;
    }
    this.entries.set(key, { ...violation, path, count: 1, firstAt: now, lastAt: now });
    return true;
  }

  private hasRoomFor(kind: ViolationKind): boolean {
    if (this.entries.size >= MAX_ENTRIES) return false;
    return kind !== 'unplanned-event' || this.unplannedCount++ < MAX_UNPLANNED;
  }
}

/** Shortens the message to the common part if values of several types were found in one place. */
function sharedMessage(known: string, other: string): string {
  const [shared = known] = known.split(FOUND_TYPE);
  return other.startsWith(shared) ? shared : known;
}

const FOUND_TYPE = ', but was ';

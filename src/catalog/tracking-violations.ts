import { cut } from '../common/printable';
import { generalPath, type Violation, type ViolationKind } from './violation';
import type { ValidationMode } from './validation-mode';

/** A violation of one kind in one place, with how often it was met. In its path, the items of a list are `*`. */
export interface ViolationCount extends Violation {
  /** The name of the event, at most 200 characters of it. */
  readonly event: string;
  /** Where the event is emitted: a decorated method, or in development the file and line; '' if it is not known. */
  readonly location: string;
  readonly mode: ValidationMode;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** One event that does not keep to its definition, for whoever listens. */
export interface FoundViolations {
  readonly event: string;
  readonly id: string;
  readonly location: string;
  /** Whether the event went into the dead letters. */
  readonly isRejected: boolean;
  /** The first 100 of them. */
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

/** Names of events may be made of what users type. With a path and a message of at most 300 characters, an entry has 1 kB. */
const MAX_ENTRIES = 1000;
const MAX_TEXT_LENGTH = 200;
/** Of events that are not in the catalog: they must not take the room of what is wrong in those that are. */
const MAX_UNPLANNED = 500;

/** The violations that one tracker has met since the process started. */
export class TrackingViolations {
  private readonly entries = new Map<string, Entry>();
  private readonly kinds = new Map<ViolationKind, number>();
  private readonly listeners = new Set<(found: FoundViolations) => void>();
  private unlistedCount = 0;
  private unplannedCount = 0;

  /** One for each kind, event, path and location, in the order in which they were met first; at most 1,000. */
  list(): ViolationCount[] {
    return [...this.entries.values()].map(({ firstAt, lastAt, ...entry }) => ({
      ...entry,
      ...{ firstAt: new Date(firstAt), lastAt: new Date(lastAt) },
    }));
  }

  /** How many were met, by kind. */
  count(): Partial<Record<ViolationKind, number>> {
    return Object.fromEntries(this.kinds);
  }

  /** Violations that are counted and not in the list, which is full. */
  get unlisted(): number {
    return this.unlistedCount;
  }

  /**
   * Tells of each event that does not keep to its definition, inside of `emit`.
   * @returns to be called when the listener wants to hear no more
   */
  onViolation(listener: (found: FoundViolations) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /**
   * @internal
   * @returns those that were met in this place for the first time
   */
  add(found: FoundViolations, mode: ValidationMode, now: number): Violation[] {
    const [event, location] = [cut(found.event, MAX_TEXT_LENGTH), cut(found.location, MAX_TEXT_LENGTH)];
    const fresh = found.violations.filter((violation) => this.addOne({ ...violation, event, location, mode }, now));
    for (const listener of this.listeners) {
      try {
        listener(found);
      } catch {
        // A listener that fails is its own business; the others still hear.
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

/** Of values of several types in one place, only what they have in common is said. */
function sharedMessage(known: string, other: string): string {
  const [shared = known] = known.split(FOUND_TYPE);
  return other.startsWith(shared) ? shared : known;
}

const FOUND_TYPE = ', and was ';

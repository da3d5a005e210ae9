/** Why a value was replaced. The ledger has one counter for each kind. */
export type ReplacedKind =
  | 'function'
  | 'symbol'
  | 'not-finite'
  | 'invalid-date'
  | 'unreadable'
  | 'circular'
  | 'opaque'
  | 'too-deep'
  | 'too-many'
  | 'too-long'
  | 'not-hashed';

/** The place of a replaced value. It can only be read while `OnReplaced` is called. */
export interface ReplacedPlace {
  /**
   * The path from the normalized value, which is '': keys joined by dots, `*` for every item of an
   * array. The path is short, however deep the place is and however long the keys are. It is
   * expensive compared with all other work for one value, so ask for it only if it is logged.
   */
  path(): string;
}

/** Called for each replaced value. One event can have thousands of them, so it must be fast. */
export type OnReplaced = (kind: ReplacedKind, place: ReplacedPlace) => void;

/** Counts and reports replaced values. */
export interface ReplacedListener {
  /** Counts one value. Called for each replaced value. */
  count(kind: ReplacedKind): void;
  /**
   * Reports one value in the log. Called for only a few values of each event.
   * @param path returns the path from the event, such as `data.answer.file`
   * @returns true if it was logged
   */
  report(eventName: string, kind: ReplacedKind, path: () => string): boolean;
}

/** A listener that neither counts nor reports. */
export const UNHEARD: ReplacedListener = { count: () => undefined, report: () => false };

/**
 * Maximum values of each kind that are offered to the log for one event. An event with thousands of
 * them only repeats the same places.
 */
const MAX_LOOKS = 5;
/** Maximum log lines for one event. */
const MAX_REPORTS = 5;

/** Collects the values replaced in one part of one event: counts all of them and reports a few. */
export class ReplacedValues {
  private looks: Partial<Record<ReplacedKind, number>> | undefined;
  private reports = 0;

  /** @param part `data`, `context`, or the name of another field of the event */
  constructor(
    private readonly listener: ReplacedListener,
    private readonly eventName: string,
    private readonly part: string,
  ) {}

  readonly add: OnReplaced = (kind, place) => {
    this.listener.count(kind);
    if (this.reports >= MAX_REPORTS) return;
    const looks = (this.looks ??= {});
    const count = (looks[kind] ?? 0) + 1;
    if (count > MAX_LOOKS) return;
    looks[kind] = count;
    if (this.listener.report(this.eventName, kind, () => this.pathTo(place))) this.reports++;
  };

  private pathTo(place: ReplacedPlace): string {
    const path = place.path();
    return path === '' ? this.part : `${this.part}.${path}`;
  }
}

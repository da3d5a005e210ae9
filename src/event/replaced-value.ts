/** Why a value was replaced; the ledger counts by these. */
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

/** Where a value was replaced. Only readable while `OnReplaced` is called. */
export interface ReplacedPlace {
  /**
   * From the value handed in, which is '': keys joined by dots, `*` for every item of a list. Bounded, however deep the place
   * and however long the keys; and dear next to all else that is done for one value, so only to be asked for what is logged.
   */
  path(): string;
}

/** Called for each value that is replaced: some thousand times for one event, so it must be quick. */
export type OnReplaced = (kind: ReplacedKind, place: ReplacedPlace) => void;

/** Counts and reports what could not be written as it was. */
export interface ReplacedListener {
  /** Called for each value. */
  count(kind: ReplacedKind): void;
  /**
   * Called for a few values of each event, whose place is worth a line in the log.
   * @param path from the event, such as `data.answer.file`
   * @returns whether it was logged
   */
  report(eventName: string, kind: ReplacedKind, path: () => string): boolean;
}

/** Where nothing is counted, nor reported. */
export const UNHEARD: ReplacedListener = { count: () => undefined, report: () => false };

/** Of each kind, for one event: an event with thousands of them has more of the same. */
const MAX_LOOKS = 5;
/** Lines in the log for one event. */
const MAX_REPORTS = 5;

/** What is replaced in one part of one event. */
export class ReplacedValues {
  private looks: Partial<Record<ReplacedKind, number>> | undefined;
  private reports = 0;

  /** @param part `data`, `context`, or what a processor added */
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

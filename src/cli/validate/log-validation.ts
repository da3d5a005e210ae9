import type { EventCatalog } from '../../catalog/catalog';
import type { EventDefinition } from '../../catalog/define-event';
import { EventCheck, type CheckOptions } from '../../catalog/event-check';
import type { Findings } from '../../catalog/violation';
import { eventOfLine, type LoggedEvent } from '../event-line';
import type { LinePlace } from '../log-events';
import { DateRevival } from './date-revival';
import { OtherVersions, type OtherVersion } from './other-versions';
import { ViolationTable, type ViolationRow } from './violation-table';

/** Event name that is not in the catalog. `file` and `line` are the position of its first event. */
export interface UnplannedName extends LinePlace {
  readonly name: string;
  readonly count: number;
}

export interface ValidationResult {
  readonly violations: readonly ViolationRow[];
  /** Number of violations without a row in `violations`. */
  readonly otherViolations: number;
  /** Number of events with a violation, including events whose name is not in the catalog. */
  readonly wrongEvents: number;
  readonly unplanned: readonly UnplannedName[];
  /** Number of events whose names are not in `unplanned`. */
  readonly otherUnplanned: number;
  /** Events created by another version of their definition, which were not checked. */
  readonly otherVersions: readonly OtherVersion[];
  /** Number of unchecked events. */
  readonly uncheckedEvents: number;
  readonly seen: number;
  readonly neverSeen: readonly string[];
}

const MAX_NAMES = 1000;

/** Validates the events of a log against a catalog, one after another. */
export class LogValidation {
  private readonly checks: ReadonlyMap<string, NameCheck>;
  private readonly table = new ViolationTable();
  private readonly unplanned = new Map<string, { name: string; count: number } & LinePlace>();
  private readonly otherVersions = new OtherVersions();
  private otherUnplanned = 0;
  private wrongEvents = 0;

  constructor(catalog: EventCatalog, options: CheckOptions) {
    this.checks = new Map([...catalog.events].map(([name, event]) => [name, new NameCheck(event, options)]));
  }

  /**
   * Validates one event.
   * @param place position of its line; may be changed afterwards
   * @param text text of its line
   */
  take(event: LoggedEvent, place: LinePlace, text: string): void {
    const check = this.checks.get(event.name);
    if (check === undefined) {
      this.wrongEvents++;
      this.countUnplanned(event.name, place);
      return;
    }
    check.count++;
    if (this.otherVersions.take(event, check.definition, place)) return;
    const findings = check.findings(event, text);
    if (findings === undefined) return;
    this.wrongEvents++;
    for (const violation of findings.violations) this.table.add(event.name, violation, place);
    this.table.others += findings.more;
  }

  result(): ValidationResult {
    const names = [...this.checks].sort(([a], [b]) => (a < b ? -1 : 1));
    const neverSeen = names.filter(([, { count }]) => count === 0).map(([name]) => name);
    return {
      ...{ violations: this.table.rows(), otherViolations: this.table.others, wrongEvents: this.wrongEvents },
      unplanned: [...this.unplanned.values()].sort((one, other) => other.count - one.count),
      ...{ otherVersions: this.otherVersions.rows(), uncheckedEvents: this.otherVersions.events },
      ...{ otherUnplanned: this.otherUnplanned, seen: names.length - neverSeen.length, neverSeen },
    };
  }

  private countUnplanned(name: string, place: LinePlace): void {
    const known = this.unplanned.get(name);
    if (known !== undefined) known.count++;
    else if (this.unplanned.size >= MAX_NAMES) this.otherUnplanned++;
    else this.unplanned.set(name, { name, count: 1, ...place });
  }
}

/** Validates the events of one name. */
class NameCheck {
  count = 0;
  private readonly check: EventCheck;
  private readonly dataDates: DateRevival | undefined;
  private readonly contextDates: DateRevival | undefined;

  constructor(
    readonly definition: EventDefinition,
    options: CheckOptions,
  ) {
    this.check = new EventCheck(definition, options);
    this.dataDates = DateRevival.of(definition.schemas.data);
    this.contextDates = DateRevival.of(definition.schemas.context);
  }

  findings(event: LoggedEvent, text: string): Findings | undefined {
    const { data, context } = event;
    const isRevivedData = this.dataDates?.revive(data) === true;
    const isRevivedContext = this.contextDates?.revive(context) === true;
    const found = this.ask(data, context);
    if (found === undefined || !(isRevivedData || isRevivedContext)) return found;
    // Two alternatives may require a Date and a string at the same place.
    const asText = eventOfLine(text);
    const foundInText = typeof asText === 'object' && 'data' in asText ? this.ask(asText.data, asText.context) : found;
    return countOf(foundInText) < countOf(found) ? foundInText : found;
  }

  private ask(data: unknown, context: object): Findings | undefined {
    try {
      return this.check.check(data, context);
    } catch (error) {
      // The message is left out, because it may contain the value.
      const message = `its schema failed: ${error instanceof Error ? error.name : typeof error}`;
      return { violations: [{ kind: 'value-not-allowed', path: '', message }], more: 0 };
    }
  }
}

function countOf(findings: Findings | undefined): number {
  return findings === undefined ? 0 : findings.violations.length + findings.more;
}

/**
 * An event that is not what its readers were told is found weeks later, in a report that adds up to nonsense. So each is held
 * against its definition where it is emitted, with the place in the code; and only looked at: what goes out is what was given.
 */
import type { ContextView, Envelope } from '../event/envelope';
import { callSite } from './call-site';
import type { Catalog } from './catalog';
import { EventCheck } from './event-check';
import type { NamesSeen, SeenEvent } from './tracking-catalog';
import { TrackingViolations } from './tracking-violations';
import { ValidationModes, type ValidationMode, type ValidationOptions } from './validation-mode';
import type { Violation, ViolationKind } from './violation';

export interface InspectorOptions {
  readonly catalog: Catalog;
  readonly validation: ValidationMode | ValidationOptions | undefined;
  /** Whether each event says which definition it was made by. */
  readonly isStamped: boolean;
  /** Counts one. */
  readonly count: (kind: ViolationKind) => void;
  /** Tells it, once for each key. */
  readonly tell: (key: string, text: () => string) => void;
  /** Counts, and tells once, that a schema failed. */
  readonly fail: (place: string, error: unknown, consequence: string) => void;
}

/** Why an event is not sent. */
export interface Refusal {
  readonly reason: string;
  readonly violations: readonly Violation[];
}

/** All that is known of one name. */
interface NameRecord {
  readonly name: string;
  readonly check: EventCheck | undefined;
  readonly mode: ValidationMode;
  /** For the envelope: which definition it was made by. */
  readonly stamp: object | undefined;
  /** How often it was looked up where such an event is emitted. */
  callSites: number;
  count: number;
  firstAt: number;
  lastAt: number;
}

const MAX_NAMES = 10_000;
/** Of one name: a stack costs some 10 µs and more, and an event that is wrong may be emitted over and over. */
const MAX_CALL_SITES = 1000;
/** Of one context: the one of all that is emitted outside of any scope lives as long as the process. */
const MAX_FINDINGS = 100;
const UNPLANNED: readonly Violation[] = [{ kind: 'unplanned-event', path: '', message: 'is not in the catalog' }];
const FAILED: readonly Violation[] = [{ kind: 'value-not-allowed', path: '', message: 'has a schema that failed' }];
const NONE: readonly Violation[] = [];

export class EventInspector implements NamesSeen {
  readonly violations = new TrackingViolations();
  private readonly modes: ValidationModes;
  private readonly records = new Map<string, NameRecord>();
  private otherCount = 0;
  private readonly showsPlaces = process.env['NODE_ENV'] !== 'production';

  constructor(private readonly options: InspectorOptions) {
    this.modes = new ValidationModes(options.validation);
    for (const name of options.catalog.events.keys()) this.records.set(name, this.recordOf(name));
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
   * Counts the event, and tells what is wrong with it. Never throws.
   * @param time of the event, epoch milliseconds
   * @param place where it is emitted, if that is no line of code of the application
   * @returns why it must not go on; undefined if it may
   */
  inspect(envelope: Envelope, time: number, place: string | undefined): Refusal | undefined {
    const record = this.seenOf(envelope.name, time);
    if (record.mode === 'off') return undefined;
    const violations = this.violationsOf(envelope, record);
    return violations.length === 0 ? undefined : this.found(envelope, record, violations, place);
  }

  /** Whether it may go on by now, without counting it again: for what was refused before. */
  takes(envelope: Envelope): boolean {
    const record = this.records.get(envelope.name) ?? this.recordOf(envelope.name);
    return record.mode !== 'reject' || refusing(this.violationsOf(envelope, record)).length === 0;
  }

  /** The same event, saying by which definition it was made, where that is asked for and there is one. */
  stamp(envelope: Envelope): Envelope {
    const stamp = this.records.get(envelope.name)?.stamp;
    return stamp === undefined ? envelope : envelope.changed({ ...envelope.event, ...stamp });
  }

  private seenOf(name: string, time: number): NameRecord {
    let record = this.records.get(name);
    if (record === undefined) {
      record = this.recordOf(name);
      if (this.records.size < MAX_NAMES) this.records.set(name, record);
      else this.otherCount++; // names may be made of what users type
    }
    if (record.count++ === 0) record.firstAt = time;
    record.lastAt = time;
    return record;
  }

  private recordOf(name: string): NameRecord {
    const { catalog, isStamped } = this.options;
    const definition = catalog.events.get(name);
    const { undeclared } = this.modes;
    const stamped = isStamped ? definition?.document : undefined;
    return {
      name,
      check: definition && new EventCheck(definition, { undeclared }),
      mode: this.modes.of(name, definition),
      stamp: stamped && { schema: Object.freeze({ name, version: stamped.version, hash: stamped.hash }) },
      ...{ callSites: 0, count: 0, firstAt: 0, lastAt: 0 },
    };
  }

  private violationsOf(envelope: Envelope, record: NameRecord): readonly Violation[] {
    const { check } = record;
    if (check === undefined) return UNPLANNED;
    try {
      // What decides whether an event goes out must be what goes out: a getter may give something else the next time.
      const ofData = check.checkData(record.mode === 'reject' ? envelope.data : envelope.dataToRead());
      const ofContext = this.contextViolations(envelope.context, check);
      const { deprecated } = check;
      if (ofData === undefined && ofContext.length === 0) return deprecated ?? NONE;
      return [...(deprecated ?? NONE), ...(ofData ?? NONE), ...ofContext];
    } catch (error) {
      const isHeld = record.mode === 'reject';
      const consequence = isHeld ? 'The event went into the dead letters.' : 'The event went out unchecked.';
      this.options.fail(`the schema of ${JSON.stringify(record.name)}`, error, consequence);
      return isHeld ? FAILED : NONE; // what cannot be checked is not let through where everything is to be
    }
  }

  /** The events of one scope share their context, and most of them what they ask of it: it need be looked at only once. */
  private contextViolations(view: ContextView | undefined, check: EventCheck): readonly Violation[] {
    const schema = check.definition.schemas.context;
    if (schema === undefined) return NONE;
    let count = 0;
    for (let known = view?.findings; known !== undefined; known = known.next, count++)
      if (known.by === schema) return known.found as readonly Violation[];
    const found = check.checkContext(view?.values ?? {}) ?? NONE;
    if (view !== undefined)
      view.findings = { by: schema, found, next: count < MAX_FINDINGS ? view.findings : undefined };
    return found;
  }

  private found(
    envelope: Envelope,
    record: NameRecord,
    violations: readonly Violation[],
    place: string | undefined,
  ): Refusal | undefined {
    const { name, mode } = record;
    const held = mode === 'reject' ? refusing(violations) : NONE;
    const isRejected = held.length > 0;
    const location = place ?? this.callSiteOf(record) ?? '';
    for (const { kind } of violations) this.options.count(kind);
    const found = { event: name, id: envelope.id, location, isRejected, violations };
    for (const fresh of this.violations.add(found, mode, Date.now())) this.tell(name, fresh, location, isRejected);
    return isRejected ? { reason: reasonOf(held), violations } : undefined;
  }

  private callSiteOf(record: NameRecord): string | undefined {
    return this.showsPlaces && record.callSites++ < MAX_CALL_SITES ? callSite() : undefined;
  }

  private tell(name: string, { kind, path, message }: Violation, location: string, isRejected: boolean): void {
    this.options.tell(`violation ${kind} ${name} ${path} ${location}`, () => {
      const what = path === '' ? 'it' : path;
      const where = location === '' ? '' : `, emitted at ${location},`;
      const end = isRejected ? "It went into the dead letters ('catalog:rejected')." : 'It went out all the same.';
      return `the event ${JSON.stringify(name)}${where} does not keep to the catalog: ${what} ${message} (${kind}). ${end} Mend: ${MENDS[kind]}. (Told once for each place; the ledger counts on.)`;
    });
  }
}

const MENDS: Readonly<Record<ViolationKind, string>> = {
  'unplanned-event': "define it and add it to the catalog, or validation: { unplanned: 'off' }",
  'required-missing': 'emit it, or make it optional and raise the version',
  'type-mismatch': 'emit what is defined, or change the definition and raise its version',
  'value-not-allowed': 'emit what is defined, or change the definition and raise its version',
  'additional-property': 'add it to the definition, or leave it out of the event',
  deprecated: 'emit the event that takes its place',
};

/** An event that is deprecated is right all the same. */
function refusing(violations: readonly Violation[]): readonly Violation[] {
  return violations.filter(({ kind }) => kind !== 'deprecated');
}

function reasonOf(violations: readonly Violation[]): string {
  const shown = violations
    .slice(0, 5)
    .map(({ kind, path, message }) => `${path === '' ? 'it' : path} ${message} (${kind})`);
  const more = violations.length - shown.length;
  return `invalid: ${shown.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}`;
}

/**
 * Validates each event against its definition where it is emitted and reports the place in the code.
 * Otherwise an invalid event is found weeks later, in a wrong report. Validation never changes the
 * event.
 */
import { boundedKey } from '../common/bounded-key';
import type { ContextView, Envelope } from '../event/envelope';
import { quoted } from '../common/printable';
import { callSite } from './call-site';
import type { Catalog } from './catalog';
import { AsynchronousSchemaException, EventCheck } from './event-check';
import { NameRecords, type NameRecord } from './name-records';
import type { NamesSeen, SeenEvent } from './tracking-catalog';
import { TrackingViolations } from './tracking-violations';
import { ValidationModes, type ValidationMode, type ValidationOptions } from './validation-mode';
import { violationsText, type Findings, type Violation, type ViolationKind } from './violation';

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

/** Of one name: a stack costs some 10 µs and more, and an event that is wrong may be emitted over and over. */
const MAX_CALL_SITES = 1000;
/** Of one context: the one of all that is emitted outside of any scope lives as long as the process. */
const MAX_FINDINGS = 100;
/** Warnings that one event can write. */
const MAX_WARNINGS = 3;
/** Warnings about names that are not in the catalog: users may make any number of them, and there are others to be read. */
const MAX_UNPLANNED_WARNINGS = 50;
const UNPLANNED: Findings = {
  violations: [{ kind: 'unplanned-event', path: '', message: 'is not in the catalog' }],
  more: 0,
};
const FAILED: Findings = {
  violations: [{ kind: 'value-not-allowed', path: '', message: 'has a schema that failed' }],
  more: 0,
};

export class EventInspector implements NamesSeen {
  readonly violations = new TrackingViolations();
  private readonly modes: ValidationModes;
  private readonly records: NameRecords;
  private unplannedWarnings = 0;
  private readonly showsPlaces = process.env['NODE_ENV'] !== 'production';

  constructor(private readonly options: InspectorOptions) {
    this.modes = new ValidationModes(options.validation);
    this.records = new NameRecords(options.catalog.events.keys(), (name) => this.recordOf(name));
  }

  get others(): number {
    return this.records.others;
  }

  seen(): SeenEvent[] {
    return this.records.seen();
  }

  /**
   * Counts the event, and tells what is wrong with it. Never throws.
   * @param time of the event, epoch milliseconds
   * @param place where it is emitted, if that is no line of code of the application
   * @returns why it must not go on; undefined if it may
   */
  inspect(envelope: Envelope, time: number, place: string | undefined): Refusal | undefined {
    const record = this.records.count(envelope.name, time);
    if (record.mode === 'off') return undefined;
    const findings = this.findingsOf(envelope, record);
    return findings && this.found(envelope, record, findings, place);
  }

  /** Whether it may go on by now, without counting it again: for what was refused before. */
  takes(envelope: Envelope): boolean {
    const record = this.records.of(envelope.name);
    return record.mode !== 'reject' || refusing(this.findingsOf(envelope, record)?.violations ?? []).length === 0;
  }

  /** The same event, saying by which definition it was made, where that is asked for and there is one. */
  stamp(envelope: Envelope): Envelope {
    const stamp = this.records.known(envelope.name)?.stamp;
    return stamp === undefined ? envelope : envelope.changed({ ...envelope.event, ...stamp });
  }

  private recordOf(name: string): NameRecord {
    const { catalog, isStamped } = this.options;
    const definition = catalog.events.get(name);
    const { undeclared, showsKeys } = this.modes;
    const stamped = isStamped ? definition?.document : undefined;
    return {
      name,
      check: definition && new EventCheck(definition, { undeclared, showsKeys }),
      mode: this.modes.of(name, definition),
      stamp: stamped && { schema: Object.freeze({ name, version: stamped.version, hash: stamped.hash }) },
      ...{ callSites: 0, count: 0, firstAt: 0, lastAt: 0 },
    };
  }

  private findingsOf(envelope: Envelope, { check, mode, name }: NameRecord): Findings | undefined {
    if (check === undefined) return UNPLANNED;
    try {
      // What decides whether an event goes out must be what goes out: a getter may give something else the next time.
      const ofData = check.checkData(mode === 'reject' ? envelope.data : envelope.dataToRead());
      return check.together(ofData, this.contextFindings(envelope.context, check));
    } catch (error) {
      const isHeld = mode === 'reject';
      const consequence = isHeld ? 'The event went into the dead letters.' : 'The event went out unchecked.';
      this.options.fail(`the schema of ${JSON.stringify(name)}`, withoutMessage(error), consequence);
      return isHeld ? FAILED : undefined; // what cannot be checked is not let through where everything is to be
    }
  }

  /** The events of one scope share their context, and most of them what they ask of it: it need be looked at only once. */
  private contextFindings(view: ContextView | undefined, check: EventCheck): Findings | undefined {
    const schema = check.definition.schemas.context;
    if (schema === undefined) return undefined;
    let count = 0;
    for (let known = view?.findings; known !== undefined; known = known.next, count++)
      if (known.by === schema) return known.found as Findings | undefined;
    const found = check.checkContext(view?.values ?? {});
    if (view !== undefined)
      view.findings = { by: schema, found, next: count < MAX_FINDINGS ? view.findings : undefined };
    return found;
  }

  private found(
    envelope: Envelope,
    record: NameRecord,
    { violations, more }: Findings,
    place: string | undefined,
  ): Refusal | undefined {
    const { name, mode } = record;
    const held = mode === 'reject' ? refusing(violations) : [];
    const isRejected = held.length > 0;
    const location = place ?? this.callSiteOf(record) ?? '';
    for (const { kind } of violations) this.options.count(kind);
    const found = { event: name, id: envelope.id, location, isRejected, violations };
    const fresh = this.violations.add(found, mode, Date.now());
    for (const each of fresh.slice(0, MAX_WARNINGS)) this.tell(name, each, location, isRejected);
    return isRejected ? { reason: `invalid: ${violationsText(held, more)}`, violations } : undefined;
  }

  private callSiteOf(record: NameRecord): string | undefined {
    return this.showsPlaces && record.callSites++ < MAX_CALL_SITES ? callSite() : undefined;
  }

  private tell(name: string, { kind, path, message }: Violation, location: string, isRejected: boolean): void {
    if (kind === 'unplanned-event' && this.unplannedWarnings++ >= MAX_UNPLANNED_WARNINGS) return;
    this.options.tell(boundedKey(`violation ${kind} ${name} ${path} ${location}`), () => {
      const what = path === '' ? 'it' : path;
      const where = location === '' ? '' : `, emitted at ${location},`;
      const end = isRejected ? "It went into the dead letters ('catalog:rejected')." : 'It was sent all the same.';
      return `the event ${quoted(name)}${where} does not match the catalog: ${what} ${message} (${kind}). ${end} Fix: ${FIXES[kind]}. (Logged once for each place; the ledger counts on.)`;
    });
  }
}

const FIXES: Readonly<Record<ViolationKind, string>> = {
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

/** The message of an error of a schema may quote the value; ours does not. */
function withoutMessage(error: unknown): unknown {
  if (error instanceof AsynchronousSchemaException) return error;
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'an error';
}

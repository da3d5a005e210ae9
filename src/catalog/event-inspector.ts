/**
 * Validates each event against its definition where it is emitted and reports the place in the
 * code. Otherwise an invalid event is found weeks later, in a wrong report. Validation never
 * changes the event.
 */
import { boundedKey } from '../common/bounded-key';
import type { ContextView, Envelope } from '../event/envelope';
import { quoted } from '../common/printable';
import { callSite } from './call-site';
import type { EventCatalog } from './catalog';
import { AsynchronousSchemaException, EventCheck } from './event-check';
import { NameRecords, type NameRecord } from './name-records';
import { isOwnEvent } from './own-events';
import type { NamesSeen, SeenEvent } from './tracking-catalog';
import { TrackingViolations } from './tracking-violations';
import { ValidationModes, type ValidationMode, type ValidationOptions } from './validation-mode';
import { violationsText, type Findings, type Violation, type ViolationKind } from './violation';

export interface InspectorOptions {
  readonly catalog: EventCatalog;
  readonly validation: ValidationMode | ValidationOptions | undefined;
  /** True if each event is stamped with the version of its definition. */
  readonly isStamped: boolean;
  /** Counts a violation. */
  readonly count: (kind: ViolationKind) => void;
  /** Logs a warning, once for each key. */
  readonly tell: (key: string, text: () => string) => void;
  /** Counts a failure of a schema, and logs it once. */
  readonly fail: (place: string, error: unknown, consequence: string) => void;
}

/** Reason why an event is not sent. */
export interface Refusal {
  readonly reason: string;
  readonly violations: readonly Violation[];
}

/**
 * Maximum number of call sites read for one name. Reading a stack costs 10 µs and more, and an
 * invalid event may be emitted many times.
 */
const MAX_CALL_SITES = 1000;
/**
 * Maximum number of cached findings for one context. The base context lives as long as the process.
 */
const MAX_FINDINGS = 100;
/** Maximum number of warnings for one event. */
const MAX_WARNINGS = 3;
/**
 * Maximum number of warnings about names that are not in the catalog. Such names may come from user
 * input, and other warnings must stay readable.
 */
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
   * Counts the event and reports its violations. Never throws.
   * @param time time of the event, epoch milliseconds
   * @param place place that emits the event, unless it is a line of application code
   * @returns the reason to reject the event; undefined to send it
   */
  inspect(envelope: Envelope, time: number, place: string | undefined): Refusal | undefined {
    const record = this.records.count(envelope.name, time);
    if (record.mode === 'off') return undefined;
    const findings = this.findingsOf(envelope, record);
    return findings && this.found(envelope, record, findings, place);
  }

  /** Returns true if an event that was rejected before is valid now. Does not count it again. */
  takes(envelope: Envelope): boolean {
    const record = this.records.of(envelope.name);
    return record.mode !== 'reject' || refusing(this.findingsOf(envelope, record)?.violations ?? []).length === 0;
  }

  /** Stamps an event with its definition, if stamping is on and there is a definition. */
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
    if (check === undefined) return isOwnEvent(name) ? undefined : UNPLANNED;
    try {
      // With reject, the checked data must be the sent data: a getter may return another value
      // later.
      const ofData = check.checkData(mode === 'reject' ? envelope.data : envelope.dataToRead());
      return check.together(ofData, this.contextFindings(envelope.context, check));
    } catch (error) {
      const isHeld = mode === 'reject';
      const consequence = isHeld
        ? 'The event was moved to the dead letters.'
        : 'The event was sent without validation.';
      this.options.fail(`the schema of ${JSON.stringify(name)}`, withoutMessage(error), consequence);
      return isHeld ? FAILED : undefined; // with reject, an event that cannot be checked is not sent
    }
  }

  /** Validates the context. Events of one scope share it, so its findings are cached. */
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
      const end = isRejected ? "It was moved to the dead letters ('catalog:rejected')." : 'It was sent anyway.';
      return `the event ${quoted(name)}${where} does not match the catalog: ${what} ${message} (${kind}). ${end} Fix: ${FIXES[kind]}. (Logged once for each place; the ledger counts them all.)`;
    });
  }
}

const FIXES: Readonly<Record<ViolationKind, string>> = {
  'unplanned-event': "define it and add it to the catalog, or validation: { unplanned: 'off' }",
  'required-missing': 'emit it, or make it optional and raise the version',
  'type-mismatch': 'emit a value that matches the definition, or change the definition and raise its version',
  'value-not-allowed': 'emit a value that matches the definition, or change the definition and raise its version',
  'additional-property': 'add it to the definition, or remove it from the event',
  deprecated: 'emit the event that replaces it',
};

/** Returns the violations that reject an event. A deprecated event is still valid. */
function refusing(violations: readonly Violation[]): readonly Violation[] {
  return violations.filter(({ kind }) => kind !== 'deprecated');
}

/** Removes the message of a schema error, which may quote a value. */
function withoutMessage(error: unknown): unknown {
  if (error instanceof AsynchronousSchemaException) return error;
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'an error';
}

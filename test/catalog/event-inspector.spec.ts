import { z } from 'zod';
import { defineCatalog } from '../../src/catalog/catalog';
import { defineEvent } from '../../src/catalog/define-event';
import { EventInspector, type InspectorOptions, type Refusal } from '../../src/catalog/event-inspector';
import type { FoundViolations } from '../../src/catalog/tracking-violations';
import type { ValidationMode, ValidationOptions } from '../../src/catalog/validation-mode';
import { Envelope, OwnContext, type ContextView } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';

let isBroken = false;
const Played = defineEvent('played', { data: z.object({ at: z.number(), mode: z.string().optional() }) });
const Seen = defineEvent('seen', { context: z.object({ user_id: z.number() }) });
const Old = defineEvent('old', { deprecated: { since: '2026-10', replacedBy: 'played' } });
const Custom = defineEvent('custom', {
  data: z.object({
    n: z.number().refine(() => {
      if (isBroken) throw Object.assign(new Error('secret 42'), { name: 'BoomError' });
      return true;
    }),
  }),
});
const catalog = defineCatalog([Played, Seen, Old, Custom]);
const normalizer = new Normalizer(DEFAULT_LIMITS);

function envelope(name: string, data: unknown = {}, context: ContextView = new OwnContext({})): Envelope {
  return Envelope.of({ id: `id-${name}`, name, time: 0, context, data, depth: 0, parentId: undefined }, normalizer);
}

/** Inspector that records what it counts, logs and reports as failed. */
class Inspection {
  readonly counted: string[] = [];
  readonly warnings: string[] = [];
  readonly keys: string[] = [];
  readonly failures: unknown[][] = [];
  readonly inspector: EventInspector;

  constructor(validation?: ValidationMode | ValidationOptions, more: Partial<InspectorOptions> = {}) {
    this.inspector = new EventInspector({
      ...{ catalog, validation, isStamped: false },
      count: (kind) => this.counted.push(kind),
      tell: (key, text) => {
        this.keys.push(key);
        this.warnings.push(text());
      },
      fail: (...failure) => this.failures.push(failure),
      ...more,
    });
  }

  inspect(
    name: string,
    data?: unknown,
    context?: ContextView,
    place: string | undefined = 'Here.run()',
  ): Refusal | undefined {
    return this.inspector.inspect(envelope(name, data, context), 1000, place);
  }
}

describe('EventInspector', () => {
  beforeEach(() => {
    isBroken = false;
  });

  it('lets an event pass that matches its definition, without a count or a warning', () => {
    const inspection = new Inspection('reject');
    expect(inspection.inspect('played', { at: 1 })).toBeUndefined();
    expect(inspection).toMatchObject({ counted: [], warnings: [], failures: [] });
  });

  it('counts and logs a violation in report mode, and sends the event', () => {
    const inspection = new Inspection('report');
    expect(inspection.inspect('played', { at: 'x' })).toBeUndefined();
    expect(inspection.counted).toEqual(['type-mismatch']);
    expect(inspection.warnings).toEqual([
      'the event "played", emitted at Here.run(), does not match the catalog: data.at must be a number, but was a string (type-mismatch). It was sent anyway. Fix: emit a value that matches the definition, or change the definition and raise its version. (Logged once for each place; the ledger counts them all.)',
    ]);
  });

  it('returns the reason and all violations in reject mode', () => {
    const inspection = new Inspection('reject');
    const refusal = inspection.inspect('played', { at: 'x', mods: 1 });
    expect(refusal?.reason).toBe(
      'invalid: data.at must be a number, but was a string (type-mismatch); data.* is not declared; perhaps "mode" is meant (additional-property)',
    );
    expect(refusal?.violations.map(({ kind }) => kind)).toEqual(['type-mismatch', 'additional-property']);
    expect(inspection.warnings[0]).toContain("It was moved to the dead letters ('catalog:rejected').");
  });

  it('does nothing but count the name in off mode', () => {
    const inspection = new Inspection('off');
    expect(inspection.inspect('played', { at: 'x' })).toBeUndefined();
    expect(inspection).toMatchObject({ counted: [], warnings: [] });
    expect(inspection.inspector.seen()).toEqual([
      { name: 'played', count: 1, firstAt: new Date(1000), lastAt: new Date(1000) },
    ]);
  });

  it('reports an event that is not in the catalog', () => {
    const inspection = new Inspection('reject');
    expect(inspection.inspect('unknown')?.reason).toBe('invalid: it is not in the catalog (unplanned-event)');
    expect(inspection.counted).toEqual(['unplanned-event']);
  });

  it.each(['tracking.dead_letters.redriven', 'tracking.dead_letters.purged'])(
    'accepts %s, which this package emits about itself, and counts it',
    (name) => {
      const inspection = new Inspection('reject');
      expect(inspection.inspect(name)).toBeUndefined();
      expect(inspection.counted).toEqual([]);
      expect(inspection.inspector.takes(envelope(name))).toBe(true);
    },
  );

  it('stops logging about names that are not in the catalog after 50, and counts on', () => {
    const inspection = new Inspection('report');
    for (let n = 0; n < 60; n++) inspection.inspect(`unknown-${String(n)}`);
    expect(inspection.warnings).toHaveLength(50);
    expect(inspection.counted).toHaveLength(60);
    inspection.inspect('played', { at: 'x' });
    expect(inspection.warnings).toHaveLength(51);
  });

  it('sends a deprecated event in reject mode too, with a warning', () => {
    const inspection = new Inspection('reject');
    expect(inspection.inspect('old')).toBeUndefined();
    expect(inspection.counted).toEqual(['deprecated']);
    expect(inspection.warnings[0]).toContain('use "played" instead (deprecated). It was sent anyway.');
  });

  it('logs a violation once for each place, and at most three of one event', () => {
    const inspection = new Inspection('report');
    const many = { at: 1, a: 1, b: 1, c: 1, d: 1 };
    const strict = new Inspection({ showKeys: true });
    strict.inspect('played', many);
    expect(strict.warnings).toHaveLength(3);
    expect(strict.counted).toHaveLength(4);

    for (const place of ['One.run()', 'One.run()', 'Other.run()']) inspection.inspect('played', {}, undefined, place);
    expect(inspection.keys).toHaveLength(2);
    expect(new Set(inspection.keys).size).toBe(2);
    expect(inspection.counted).toHaveLength(3);
  });

  it('finds the line of the application where no place is given', () => {
    const inspection = new Inspection('report');
    inspection.inspector.inspect(envelope('played'), 0, undefined);
    expect(inspection.warnings[0]).toMatch(/emitted at test\/catalog\/event-inspector\.spec\.ts:\d+,/);
  });

  it('passes each event with violations to listeners', () => {
    const inspection = new Inspection('reject');
    const found: FoundViolations[] = [];
    inspection.inspector.violations.onViolation((each) => found.push(each));
    inspection.inspect('played', {});
    expect(found).toMatchObject([{ event: 'played', id: 'id-played', location: 'Here.run()', isRejected: true }]);
  });

  describe('with a schema that throws', () => {
    it('sends the event without validation in report mode, and hides the message', () => {
      const inspection = new Inspection('report');
      isBroken = true;
      expect(inspection.inspect('custom', { n: 1 })).toBeUndefined();
      expect(inspection.failures).toEqual([
        ['the schema of "custom"', 'BoomError', 'The event was sent without validation.'],
      ]);
    });

    it('rejects the event in reject mode', () => {
      const inspection = new Inspection('reject');
      isBroken = true;
      expect(inspection.inspect('custom', { n: 1 })?.reason).toBe(
        'invalid: it has a schema that failed (value-not-allowed)',
      );
      expect(inspection.failures[0]?.[2]).toBe('The event was moved to the dead letters.');
    });
  });

  it('validates a context once for all events of its scope', () => {
    let reads = 0;
    const context: ContextView = {
      get values() {
        reads++;
        return { user_id: 'x' };
      },
      text: () => '{"user_id":"x"}',
      estimatedLength: () => 15,
      hasNoDates: true,
      get: () => 'x',
      findings: undefined,
    };
    const inspection = new Inspection('report');
    inspection.inspect('seen', {}, context);
    const first = reads;
    inspection.inspect('seen', {}, context);
    expect(reads).toBe(first);
    expect(inspection.counted).toEqual(['type-mismatch', 'type-mismatch']);
  });

  it('tells whether an event that was rejected is valid now, without counting it', () => {
    const { inspector, counted } = new Inspection('reject');
    expect(inspector.takes(envelope('played', {}))).toBe(false);
    expect(inspector.takes(envelope('played', { at: 1 }))).toBe(true);
    expect(inspector.takes(envelope('old'))).toBe(true);
    expect(new Inspection('report').inspector.takes(envelope('played', {}))).toBe(true);
    expect([inspector.seen(), counted]).toEqual([[], []]);
  });

  it('stamps events of the catalog with their definition, where that is asked for', () => {
    const { inspector } = new Inspection('report', { isStamped: true });
    const { version, hash } = Played.document;
    expect(inspector.stamp(envelope('played', { at: 1 })).event).toMatchObject({
      ...{ name: 'played', data: { at: 1 }, schema: { name: 'played', version, hash } },
    });
    const unknown = envelope('unknown');
    expect(inspector.stamp(unknown)).toBe(unknown);
    const plain = envelope('played');
    expect(new Inspection('report').inspector.stamp(plain)).toBe(plain);
  });
});

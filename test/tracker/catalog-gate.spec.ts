import { z } from 'zod';
import { defineCatalog } from '../../src/catalog/catalog';
import { defineEvent } from '../../src/catalog/define-event';
import { Envelope, OwnContext } from '../../src/event/envelope';
import { CatalogGate, REJECTED_PATH, type CatalogGateParts } from '../../src/tracker/catalog-gate';
import { EmitConfirmation } from '../../src/tracker/emit-confirmation';
import { emittingFrom } from '../../src/tracker/emit-place';
import { createTrackerParts } from '../../src/tracker/tracker-parts';
import { LogLines, runtimeOptions } from './bare-runtime';

const Enrolled = defineEvent('course.enrolled', { data: z.object({ mode: z.string() }) });
const catalog = defineCatalog([Enrolled]);

type TakeBack = Parameters<CatalogGateParts['deliveries']['takeBack']>[1];

function gate(options: Partial<Pick<CatalogGateParts, 'catalog' | 'validation' | 'documentation'>> = {}) {
  const log = new LogLines();
  const { counters, failures, normalizer } = createTrackerParts({}, runtimeOptions(log.notices));
  const letters: unknown[][] = [];
  const received: Envelope[] = [];
  let taker: TakeBack | undefined;
  const made = new CatalogGate({
    ...{ catalog, validation: 'reject', documentation: undefined, ...options },
    ...{ counters, failures, normalizer, notices: log.notices },
    receive: (envelope) => received.push(envelope),
    deliveries: {
      keepLetter: (path, event, reason, facts) => letters.push([path, event.name, reason, facts]),
      takeBack: (path, given) => {
        expect(path).toBe(REJECTED_PATH);
        taker = given;
      },
    },
  });
  const envelope = (name: string, data: object): Envelope => {
    const context = new OwnContext({});
    return Envelope.of({ id: 'id', name, time: 0, context, data, depth: 2, parentId: 'parent' }, normalizer);
  };
  return { gate: made, log, letters, received, envelope, counts: () => counters.counts(0, {}), taker: taker! };
}

const event = (data: object) =>
  ({ name: 'course.enrolled', timestamp: new Date(0), id: 'id', context: {}, data }) as never;

describe('CatalogGate', () => {
  it('lets an event pass that matches its definition', () => {
    const run = gate();
    expect(run.gate.inspect(run.envelope('course.enrolled', { mode: 'audit' }), 0)).toBeUndefined();
    expect([run.counts().violations, run.log.lines]).toEqual([{}, []]);
  });

  it('refuses an event that does not match, counts it and logs it once', () => {
    const run = gate();
    for (let count = 0; count < 2; count++) {
      const refusal = run.gate.inspect(run.envelope('course.enrolled', { mode: 1 }), 0);
      expect(refusal?.violations).toEqual([expect.objectContaining({ kind: 'type-mismatch', path: 'data.mode' })]);
    }
    expect(run.counts().violations).toEqual({ 'type-mismatch': 2 });
    expect(run.log.lines).toHaveLength(1);
    expect(run.gate.violations.list()).toHaveLength(1);
  });

  it('only reports with validation "report"', () => {
    const run = gate({ validation: 'report' });
    expect(run.gate.inspect(run.envelope('course.enrolled', { mode: 1 }), 0)).toBeUndefined();
    expect(run.counts().violations).toEqual({ 'type-mismatch': 1 });
  });

  it('names the decorated method as the place of the event', () => {
    const run = gate();
    emittingFrom({ place: 'Courses.enrol' }, () => run.gate.inspect(run.envelope('course.enrolled', { mode: 1 }), 0));
    expect(run.log.lines).toEqual([expect.stringContaining('Courses.enrol')]);
  });

  it('counts the events for the coverage of the catalog', () => {
    const run = gate();
    run.gate.inspect(run.envelope('course.enrolled', { mode: 'audit' }), 5);
    expect(run.gate.catalog.coverage().seen).toEqual([expect.objectContaining({ name: 'course.enrolled', count: 1 })]);
  });

  it('counts and logs a schema that fails', () => {
    const broken = defineEvent('broken', {
      data: z.object({}).refine(() => {
        throw new Error('no database');
      }),
    });
    const run = gate({ catalog: defineCatalog([broken]) });
    run.gate.inspect(run.envelope('broken', {}), 0);
    expect(Object.values(run.counts().failures)).toEqual([1]);
    expect(run.log.lines[0]).toContain('the schema of "broken" failed');
  });

  describe('without a catalog', () => {
    const none = { catalog: undefined, documentation: true };

    it('lets every event pass, unchanged', () => {
      const run = gate(none);
      const envelope = run.envelope('anything', {});
      expect(run.gate.inspect(envelope, 0)).toBeUndefined();
      expect(run.gate.stamp(envelope)).toBe(envelope);
      expect(run.gate.violations.list()).toEqual([]);
    });

    it('accepts dead letters that a catalog rejected before', () => {
      const run = gate(none);
      expect(run.taker.isTaken(event({ mode: 1 }))).toBe(true);
    });
  });

  describe('stamp', () => {
    it('adds the definition of the event if the catalog is documented', () => {
      const run = gate({ documentation: true });
      const stamped = run.gate.stamp(run.envelope('course.enrolled', { mode: 'audit' }));
      expect(stamped.event).toMatchObject({ schema: { name: 'course.enrolled', version: 1 } });
    });

    it('changes nothing otherwise', () => {
      const [run, documented] = [gate(), gate({ documentation: true })];
      const envelope = run.envelope('course.enrolled', { mode: 'audit' });
      expect(run.gate.stamp(envelope)).toBe(envelope);
      const unplanned = documented.envelope('unplanned', {});
      expect(documented.gate.stamp(unplanned)).toBe(unplanned);
    });
  });

  describe('reject', () => {
    const refusal = {
      reason: 'it does not match',
      violations: [{ kind: 'type-mismatch', path: 'data', message: 'no' }],
    } as const;

    it('keeps the event as a dead letter, with its origin, and counts it', () => {
      const run = gate();
      run.gate.reject(run.envelope('course.enrolled', {}), refusal, undefined);
      const facts = expect.objectContaining({ depth: 2, parentId: 'parent' });
      expect(run.letters).toEqual([[REJECTED_PATH, 'course.enrolled', 'it does not match', facts]]);
      expect(run.counts().dropped).toEqual({ invalid: 1 });
    });

    it('answers the caller that waits for the event', () => {
      const run = gate();
      const confirmation = new EmitConfirmation();
      run.gate.reject(run.envelope('course.enrolled', {}), refusal, confirmation);
      expect(confirmation.table()).toEqual({ [REJECTED_PATH]: 'dead-lettered' });
      expect(confirmation.violations).toEqual(refusal.violations);
    });
  });

  describe('redriving a rejected event', () => {
    it('takes it only if it matches by now', () => {
      const { taker } = gate();
      expect(taker.isTaken(event({ mode: 'audit' }))).toBe(true);
      expect(taker.isTaken(event({ mode: 1 }))).toBe(false);
    });

    it('sends it into the tree with its id, stamped, and counts it', () => {
      const run = gate({ documentation: true });
      run.taker.take(event({ mode: 'audit' }), { depth: 1 });
      expect(run.received[0]?.event).toMatchObject({ data: { mode: 'audit' }, schema: { name: 'course.enrolled' } });
      expect([run.received[0]?.id, run.received[0]?.depth]).toEqual(['id', 1]);
      expect(run.counts()).toMatchObject({ redriven: 1, emitted: 0 });
    });
  });
});

import fc from 'fast-check';
import { z } from 'zod';
import { defineCatalog, defineEvent, TrackingDeadLetters, TrackingViolations } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { EventCheck } from '../../src/catalog/event-check';
import type { Findings } from '../../src/catalog/violation';
import { cpuMs, expectWithin } from '../support/growth';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const asUntyped = (value: unknown): never => value as never;
const times = <Item>(count: number, item: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => item(at));
const fields = (count: number, key: (at: number) => string): object =>
  Object.fromEntries(times(count, (at) => [key(at), 1]));

const item = z.object({ n: z.number(), text: z.string().optional() });
const data = z.object({
  items: z.array(item).optional(),
  map: z.record(z.string(), item).optional(),
  strict: z.strictObject({ a: z.number().optional() }).optional(),
});
const byAjv = jsonSchema({
  type: 'object',
  properties: {
    items: { type: 'array', items: { $ref: '#/$defs/item' } },
    map: { type: 'object', additionalProperties: { $ref: '#/$defs/item' } },
    strict: { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
  },
  additionalProperties: false,
  $defs: {
    item: {
      type: 'object',
      properties: { n: { type: 'number' }, text: { type: 'string' } },
      required: ['n'],
      additionalProperties: false,
    },
  },
});
const libraries: readonly [string, EventSchema<object>][] = [
  ['zod', data],
  ['JSON Schema', byAjv],
];

const LONG = 'k'.repeat(60_000);
const DEEP = JSON.parse(`${'{"map":{"k":'.repeat(30)}1${'}}'.repeat(30)}`) as object;
const events: readonly [string, object][] = [
  ['a list of 9,000 wrong items', { items: times(9000, () => ({ n: 'x' })) }],
  ['a list of 9,000 items that lack a field', { items: times(9000, () => ({})) }],
  [
    '4,000 undeclared fields below a key of 60 kB',
    { map: { [LONG]: { n: 1, ...fields(4000, (at) => `f${String(at)}`) } } },
  ],
  ['4,000 wrong values below a key of 60 kB', { map: { [LONG]: fields(4000, (at) => `f${String(at)}`) } }],
  ['9,000 undeclared fields', fields(9000, (at) => `field${String(at)}`)],
  ['9,000 fields that are nearly declared', fields(9000, (at) => `item${String(at % 10)}${String(at)}`.slice(0, 7))],
  ['9,000 fields that a strict object refuses', { strict: fields(9000, (at) => `field${String(at)}`) }],
  ['9,000 wrong values of a map', { map: fields(9000, (at) => `user${String(at)}`) }],
  ['100 undeclared fields of 9 kB each', fields(100, (at) => `${String(at)}${'k'.repeat(9000)}`)],
  ['data that is deep', DEEP],
];

const extraMs = (check: EventCheck, value: object): number => {
  const { validate } = check.definition.schemas.data!;
  const own = cpuMs(() => void validate(value));
  return cpuMs(() => check.checkData(value)) - own;
};

const expectBounded = (findings: Findings | undefined): void => {
  if (findings === undefined) return;
  expect(findings.violations.length).toBeLessThanOrEqual(100);
  for (const { path, message } of findings.violations) {
    expect(path.length).toBeLessThanOrEqual(300);
    expect(message.length).toBeLessThanOrEqual(300);
  }
};

describe.each(libraries)('The violations of one event, by %s,', (_, schema) => {
  const check = new EventCheck(defineEvent('e', { data: schema }), { undeclared: true });

  it.each(events)('are at most 100 and cost little beside the schema itself: %s', (_title, value) => {
    const findings = check.checkData(value);
    expectBounded(findings);
    expect(findings?.violations.length).toBeGreaterThan(0);
    expectWithin(50, () => extraMs(check, value));
  });

  it('are bounded for any JSON, and so is what they cost beside the schema itself', () => {
    const leaf = fc.constantFrom<unknown>('x', 1, null, true, 'y'.repeat(5000));
    const key = fc.constantFrom('items', 'map', 'strict', 'n', 'a', 'b', 'text', '0', '__proto__', 'k'.repeat(20_000));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
      ),
    }));
    const many = fc
      .tuple(value, fc.constantFrom(1, 100, 3000), fc.boolean())
      .map(([one, count, isList]) =>
        isList ? times(count, () => one) : Object.fromEntries(times(count, (at) => [`k${String(at)}`, one])),
      );
    const part = fc.constantFrom('items', 'map', 'strict', 'other');
    fc.assert(
      fc.property(part, fc.oneof(value, many), (name, given) => {
        const event = { [name]: given };
        fc.pre(JSON.stringify(event).length < 1_000_000);
        expectBounded(check.checkData(event));
        expectWithin(100, () => extraMs(check, event));
      }),
      { numRuns: 40 },
    );
  });
});

describe('EventCheck: an event that does not match the catalog in 9,000 places', () => {
  const catalog = defineCatalog([defineEvent('e', { data })]);

  it('writes a few warnings, has a short reason, and counts at most 100 violations', async () => {
    const logger = new RecordingLogger();
    const run = await startTracking({ catalog, validation: 'reject', logger });
    run.tracker.emit('e', asUntyped({ items: times(9000, () => ({ n: 'x' })) }));
    run.tracker.emit('e', asUntyped(Object.fromEntries(times(50, (at) => [`k${String(at)}`, { n: at }]))));
    run.tracker.emit('e', asUntyped(fields(9000, (at) => `field${String(at)}`)));
    expect(logger.warnings.length).toBeLessThanOrEqual(9);
    const reasons = run.app
      .get(TrackingDeadLetters)
      .list()
      .map(({ reason }) => reason);
    expect(reasons).toEqual([
      'invalid: data.items.0.n must be a number, but was a string (type-mismatch); and 8999 others',
      'invalid: data.* is not declared (additional-property); and 49 others',
      'invalid: data.* is not declared (additional-property); and 99 or more others',
    ]);
    expect(run.ledger.tracker().violations).toEqual({ 'type-mismatch': 100, 'additional-property': 150 });
    expect(run.app.get(TrackingViolations).list()).toHaveLength(3);
  });

  it('leaves other warnings their room', async () => {
    const logger = new RecordingLogger();
    const failing = (): never => {
      throw new Error('no');
    };
    const run = await startTracking({ catalog, logger, processors: [failing] });
    for (let at = 0; at < 3000; at++) run.tracker.emit(`name ${String(at)}`);
    expect(logger.warnings.length).toBeLessThanOrEqual(60);
    expect(logger.warnings.filter((line) => line.includes('processors[0]'))).toHaveLength(1);
    run.tracker.emit('e', asUntyped({ items: 1 }));
    expect(logger.warnings.at(-1)).toContain('data.items must be a list');
  });
});

describe('NameRecords: names from user input', () => {
  const catalog = defineCatalog([defineEvent('e', { data }), defineEvent('n'.repeat(500))]);

  it('are kept in a bounded number of characters, in the list of violations and among those that were seen', async () => {
    const run = await startTracking({ catalog, logger: new RecordingLogger() });
    for (let at = 0; at < 3000; at++) run.tracker.emit(`${String(at)} ${'x'.repeat(40_000)}`);
    for (let at = 0; at < 200; at++) run.tracker.emit(`short ${String(at)}`);
    run.tracker.emit('n'.repeat(500));
    const list = run.tracker.violations.list();
    expect(list.length + run.tracker.violations.unlisted).toBeLessThanOrEqual(3200);
    for (const { event } of list) expect(event.length).toBeLessThanOrEqual(200);
    const { seen, undocumented, others } = run.tracker.catalog.coverage();
    expect(seen.map(({ name }) => name)).toEqual(['n'.repeat(500)]);
    expect(undocumented.length).toBe(200);
    expect(others).toBe(3000);
  });

  it('leave the list room for violations of events that are in the catalog', async () => {
    const run = await startTracking({ catalog, logger: new RecordingLogger() });
    for (let at = 0; at < 2000; at++) run.tracker.emit(`name ${String(at)}`);
    run.tracker.emit('e', asUntyped({ items: 1 }));
    expect(run.tracker.violations.list().at(-1)).toMatchObject({ event: 'e', path: 'data.items' });
    expect(run.tracker.violations.unlisted).toBe(1500);
  });

  it('cost as little when thousands of long ones were seen as in the beginning', async () => {
    const run = await startTracking({ catalog, validation: { unplanned: 'off' }, logger: new RecordingLogger() });
    const emit = (from: number): number =>
      cpuMs(() => {
        for (let at = from; at < from + 200; at++) run.tracker.emit(`${String(at)} ${'x'.repeat(50_000)}`);
      });
    const before = emit(0);
    for (let at = 1000; at < 4000; at++) run.tracker.emit(`${String(at)} ${'x'.repeat(50_000)}`);
    expect(emit(5000)).toBeLessThan(4 * before + 100);
  });
});

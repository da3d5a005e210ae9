import { join } from 'node:path';
import { runCase } from './runner';
import { checkCase, missingPart, readVectors, short, type VectorCase } from './vectors';

/**
 * `vectors` were recorded from the reference; `written` are ours, with what its documented
 * behaviour makes of them.
 */
const FOLDERS = ['vectors', 'written'];
const FILES = FOLDERS.flatMap((folder) => readVectors(join(__dirname, folder)));
const TAMPERED = { 'of no known kind': true };

describe.each(FILES)('the vectors of $name', ({ cases, fault }) => {
  it('can be read', () => {
    expect(fault).toBeUndefined();
    expect(cases.length).toBeGreaterThan(0);
  });

  for (const vector of cases) {
    checkCase(vector);
    const missing = missingPart(vector);
    if (missing !== undefined) {
      it.skip(`${vector.id}: ${vector.title} (needs ${missing})`, () => undefined);
      continue;
    }
    it(`${vector.id}: ${vector.title}`, async () => {
      const { status, reason, differences } = await runCase(vector);
      const report = differences.map(
        ({ place, expected, got }) => `${place}: expected ${short(expected)}, got ${short(got)}`,
      );
      expect(['passed', 'decided', 'differs'].includes(status) ? [] : [reason, ...report]).toEqual([]);
    });
  }

  it('fail over a value that is of no known kind, whatever else differs for a reason', async () => {
    const accepted: string[] = [];
    for (const vector of cases) {
      checkCase(vector);
      if (missingPart(vector) !== undefined) continue;
      const { tampered, count } = tamper(vector);
      const { differences } = await runCase(vector);
      if (differences.some(({ kind }) => kind === 'start')) continue; // nothing is delivered
      const undelivered = differences.filter(({ kind, part }) => kind === 'missing' && part === 'received').length;
      if (count > undelivered && (await runCase(tampered)).status !== 'failed') accepted.push(vector.id);
    }
    expect(accepted).toEqual([]);
  }, 60_000);
});

/** Expects one more value in each event whose data is a mapping, and counts those events. */
function tamper(vector: VectorCase): { readonly tampered: VectorCase; readonly count: number } {
  let count = 0;
  const received = Object.entries(vector.expected.received ?? {}).map(([path, events]) => [
    path,
    events.map((event) => {
      if (!hasPlainData(event)) return event;
      count++;
      return { ...event, data: { ...event.data, ...TAMPERED } };
    }),
  ]);
  return {
    tampered: { ...vector, expected: { ...vector.expected, received: Object.fromEntries(received) as never } },
    count,
  };
}

/**
 * Only for an event that has all of its fields: where the reference has none, everything differs
 * for one reason.
 */
function hasPlainData(event: unknown): event is { readonly data: object } {
  const { name, timestamp, data, context } = Object(event) as Readonly<Record<string, unknown>>;
  const isWhole = ![name, timestamp, context].includes(undefined);
  return isWhole && typeof data === 'object' && data !== null && !Array.isArray(data) && !('$type' in data);
}

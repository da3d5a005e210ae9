import { join } from 'node:path';
import { runCase } from './runner';
import { checkCase, missingPart, readVectors, short } from './vectors';

/** The traits for which these vectors come out differently: docs/differences-from-the-reference.md. Under another, a difference is a fault. */
const DIFFERING_TRAITS = [
  'big-integers',
  'dot-line-terminators',
  'end-markers',
  'event-shape',
  'fatal-signals',
  'float-integer-distinction',
  'nan',
  'store-keys',
  'text-names',
  'time-precision',
  'unicode-classes',
  'value-kinds',
];

describe.each(readVectors(join(__dirname, 'vectors')))('the vectors of $name', ({ cases, fault }) => {
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
      const isExplained = status === 'differs' && reason.split(', ').some((trait) => DIFFERING_TRAITS.includes(trait));
      expect(status === 'passed' || status === 'decided' || isExplained ? [] : [reason, ...report]).toEqual([]);
    });
  }
});

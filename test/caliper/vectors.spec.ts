import { join } from 'node:path';
import { knownDifferences } from '../xapi/known-differences';
import { vectorCases } from '../xapi/vector-cases';
import { caliperOutcome } from './caliper-vectors';

describe('toCaliper and the converter of Open edX', () => {
  const cases = vectorCases(join(__dirname, 'vectors'));

  it.each(cases.map((each) => [each.title, each] as const))('agree about %s', (_title, each) => {
    const outcome = caliperOutcome(each);
    if (knownDifferences.some(({ explains }) => explains(each, outcome))) return;
    expect(outcome).toEqual({ made: each.expected });
  });

  it('agree about all but one case that Open edX converts', () => {
    const converted = cases.filter(({ error }) => error === undefined);
    const refused = converted.filter((each) => 'refused' in caliperOutcome(each));
    expect(converted.length).toBeGreaterThan(50);
    expect(refused.map(({ title }) => title)).toEqual(['problem_check(browser).required.only.data']);
  });
});

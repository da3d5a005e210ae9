import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toXapi } from 'nestjs-event-tracking/xapi';
import { knownDifferences } from './known-differences';
import { vectorCases } from './vector-cases';
import { xapiOutcome } from './xapi-vectors';

const VECTORS = join(__dirname, 'vectors');

interface IdVector {
  readonly event: string;
  readonly verbJson: string;
  readonly actorJson: string;
  readonly timestamp: string;
  readonly id: string;
}

describe('toXapi and the converter of Open edX', () => {
  const cases = vectorCases(VECTORS);

  it.each(cases.map((each) => [each.title, each] as const))('agree about %s', (_title, each) => {
    const outcome = xapiOutcome(each);
    if (knownDifferences.some(({ explains }) => explains(each, outcome))) return;
    expect(outcome).toEqual({ made: each.expected });
  });

  it('agree about all but one case that Open edX converts', () => {
    const converted = cases.filter(({ error }) => error === undefined);
    const refused = converted.filter((each) => 'refused' in xapiOutcome(each));
    expect(converted.length).toBeGreaterThan(90);
    expect(refused.map(({ title }) => title)).toEqual(['problem_check(browser).required.only.data']);
  });

  const ids = JSON.parse(readFileSync(join(VECTORS, 'statement-id.json'), 'utf8')) as readonly IdVector[];

  it.each(ids)('make the id $id of actor, verb and time', ({ event, verbJson, actorJson, timestamp, id }) => {
    const convert = toXapi({
      rootUrl: 'https://any.example',
      actor: () => JSON.parse(actorJson),
      override: { [event]: { verb: () => JSON.parse(verbJson) } },
    });
    const context = { course_id: 'course-v1:a+b+c', user_id: 1, path: '/threads/1' };
    const [statement] = convert({ name: event, timestamp, context, data: { id: '1' } });
    expect(statement?.id).toBe(id);
  });
});

import fc from 'fast-check';
import { defineEvent } from 'nestjs-event-tracking';
import { LearningMappingException, toXapi, type Statement } from 'nestjs-event-tracking/xapi';

const IRI = /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i;
const PARTS = ['verb', 'object', 'result', 'context'] as const;
const FIELDS = ['object.id', 'object.name', 'object.extensions', 'result.score', 'result.success', 'context.grouping'];

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
});
const likely = fc.oneof(
  anything,
  fc.record({ id: fc.oneof(fc.webUrl(), fc.string()), display: fc.string(), name: anything }, { requiredKeys: [] }),
  fc.record({
    score: fc.record({ raw: fc.oneof(fc.double(), anything) }),
    extensions: fc.dictionary(fc.webUrl(), anything),
  }),
);

const base = { verb: { id: 'urn:verb' }, object: { id: 'urn:object' }, result: {}, context: {} };

function withFunction(place: string, compute: () => unknown): object {
  const [part = '', field] = place.split('.');
  const parts: Record<string, object> = base;
  return { ...base, [part]: field === undefined ? compute : { ...parts[part], [field]: compute } };
}

function converted(xapi: object, data: object = {}): Statement | undefined {
  const Defined = defineEvent('a', { xapi: xapi as never });
  const convert = toXapi({ rootUrl: 'https://shop.example', catalog: [Defined] });
  try {
    return convert({ name: 'a', timestamp: new Date(0), context: { user_id: 1 }, data })[0];
  } catch (error) {
    if (error instanceof LearningMappingException) return undefined;
    throw error;
  }
}

function expectValid(statement: Statement | undefined): void {
  if (statement === undefined) return;
  const { verb, object, result, context } = JSON.parse(JSON.stringify(statement)) as Statement;
  expect(verb.id).toMatch(IRI);
  expect([object, ...(context?.contextActivities?.grouping ?? [])].every(({ id }) => IRI.test(id))).toBe(true);
  expect(Object.keys(object.definition?.extensions ?? {}).every((key) => IRI.test(key))).toBe(true);
  expect(['boolean', 'undefined']).toContain(typeof result?.success);
  expect(['string', 'undefined']).toContain(typeof result?.response);
  expect(Object.values(result?.score ?? {}).every((value) => typeof value === 'number')).toBe(true);
}

describe('A statement of a definition', () => {
  it('is valid, or refused with a reason, whatever its functions return', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PARTS, ...FIELDS), likely, (place, returned) => {
        expectValid(converted(withFunction(place, () => returned)));
      }),
      { numRuns: 500 },
    );
  });

  it('is valid, or refused with a reason, whatever values its placeholders have', () => {
    const xapi = {
      verb: { id: 'urn:verb' },
      object: { id: '{rootUrl}/a/{data.value}', name: '{data.value}', extensions: { 'urn:x': '{data.value.0}' } },
      result: { success: '{data.value}', response: 'is {data.value}' },
    };
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.jsonValue());
    fc.assert(
      fc.property(value, (each) => {
        expectValid(converted({ ...xapi, result: { response: 'is {data.value}' } }, { value: each }));
        expectValid(converted(xapi, { value: each }));
      }),
      { numRuns: 300 },
    );
  });
});

import fc from 'fast-check';
import { hash, start } from './redact-parts';

/**
 * The same by a rule that is easy to believe: each place of the event is held against each path.
 */
type Pattern = readonly string[];

function leadsTo(pattern: Pattern, place: readonly string[]): boolean {
  const [step, ...steps] = pattern;
  if (step === undefined) return place.length === 0;
  const [key, ...rest] = place;
  if (step === '**') return leadsTo(steps, place) || (key !== undefined && leadsTo(pattern, rest));
  return key !== undefined && (step === '*' || step === key) && leadsTo(steps, rest);
}

/** @param places a value of a pair has several: its number in the list, and the key before it */
function expected(
  value: unknown,
  places: readonly (readonly string[])[],
  patterns: readonly Pattern[],
  action: 'mask' | 'remove',
): unknown {
  if (isMeant(places, patterns)) return action === 'mask' ? '[redacted]' : undefined;
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string): string[][] => places.map((place) => [...place, key]);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, at) => expectedItem(item, below, String(at), patterns, action));
    return items.filter((item) => item !== undefined);
  }
  const entries = Object.entries(value).map(
    ([key, field]) => [key, expected(field, below(key), patterns, action)] as const,
  );
  return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
}

function expectedItem(
  item: unknown,
  below: (key: string) => string[][],
  at: string,
  patterns: readonly Pattern[],
  action: 'mask' | 'remove',
): unknown {
  const places = below(at);
  const isPair = Array.isArray(item) && item.length === 2 && (typeof item[0] !== 'object' || item[0] === null);
  if (!isPair || isMeant(places, patterns)) return expected(item, places, patterns, action);
  const [key, value] = item as [unknown, unknown];
  const named = below(String(key));
  const isGone = action === 'remove' && isMeant(named, patterns);
  const inPair = (number: string): string[][] => places.map((place) => [...place, number]);
  const pair = [
    expected(key, inPair('0'), patterns, action),
    expected(value, [...named, ...inPair('1')], patterns, action),
  ];
  return isGone ? undefined : pair.filter((each) => each !== undefined);
}

function isMeant(places: readonly (readonly string[])[], patterns: readonly Pattern[]): boolean {
  return places.some((place) =>
    // The parts themselves are no fields that a star could stand for.
    patterns.some((pattern) => leadsTo(pattern, place) && !(place.length === 1 && /^\*/.test(pattern[0] ?? ''))),
  );
}

const key = fc.constantFrom('a', 'b', 'c', '0', '1');
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('x', 'a', 'b', 1, null),
    tie('list'),
    tie('fields'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));
const pattern = fc
  .tuple(
    fc.constantFrom('data', 'context', '*', '**'),
    fc.array(fc.oneof(key, fc.constantFrom('*', '**')), { maxLength: 4 }),
    key,
  )
  .map(([part, between, last]): Pattern => [part, ...between, last]);

describe('Redact, for any event and any paths', () => {
  it.each(['mask', 'remove'] as const)(
    'treats each place as a simple model does (%s), and changes nothing else',
    async (action) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(pattern, { minLength: 1, maxLength: 4 }),
          fc.array(fc.tuple(json.fields, json.fields), { minLength: 1, maxLength: 5 }),
          async (patterns, events) => {
            const run = await start({ paths: patterns.map((steps) => steps.join('.')), action });
            for (const [data, context] of events) {
              const event = run.emit('e', data, context);
              expect(event?.data).toEqual(expected(data, [['data']], patterns, action));
              expect(event?.context).toEqual(expected(context, [['context']], patterns, action));
              expect([run.untouched.context, run.untouched.data]).toEqual([context, data]);
            }
            await run.close();
          },
        ),
        { numRuns: 100 },
      );
    },
    60_000,
  );

  it('leaves no value of a field that matches by name, wherever the field is', async () => {
    const run = await start({ keys: ['a', /^b$/], action: { hash } });
    fc.assert(
      fc.property(json.fields, json.fields, (data, context) => {
        const event = run.emit('e', data, context);
        const left: string[] = [];
        JSON.stringify([event?.data, event?.context], (name: string, value: unknown) => {
          if (/^[ab]$/i.test(name) && value !== null && !(typeof value === 'string' && /^k1:[0-9a-f]{64}$/.test(value)))
            left.push(name);
          return value;
        });
        expect(left).toEqual([]);
      }),
    );
  });
});

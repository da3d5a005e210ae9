import fc from 'fast-check';
import type { EventFields } from '../../src/entries';
import { events, matchers } from '../../src/entries/testing';
import { compiled } from './compiled';

expect.extend(matchers);

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('fields')),
  fields: fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 4 }),
})).value;
const fields = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), value, { minKeys: 1, maxKeys: 6 });

/** Some of the fields, at every depth. */
function partOf(whole: unknown, keep: () => boolean): unknown {
  if (typeof whole !== 'object' || whole === null || whole instanceof Date) return whole;
  if (Array.isArray(whole)) return whole.map((item) => partOf(item, keep));
  const kept = Object.entries(whole).filter(keep);
  return Object.fromEntries(kept.map(([key, inner]) => [key, partOf(inner, keep)]));
}

/** Each place in the value that is no object with fields, for the test to change. */
function* leavesOf(whole: EventFields): Generator<{ parent: Record<string | number, unknown>; key: string | number }> {
  for (const [key, inner] of Object.entries(whole)) {
    if (typeof inner === 'object' && inner !== null && !(inner instanceof Date) && Object.keys(inner).length > 0)
      yield* leavesOf(inner as EventFields);
    else yield { parent: whole, key };
  }
}

describe('fit: the expectation for an event', () => {
  let emit: (data: object) => ReturnType<typeof events>;
  beforeEach(async () => {
    const { tracker, module } = await compiled();
    emit = (data) => {
      tracker.backend<{ clear(): void } & object>('memory').clear();
      tracker.emit('e', data);
      return events(module);
    };
  });

  it('may be any part of what was emitted, at any depth', () => {
    fc.assert(
      fc.property(fields, fc.infiniteStream(fc.boolean()), (data, stream) => {
        const part = partOf(data, () => stream.next().value as boolean) as object;

        const tracked = emit(data);

        expect(tracked).toHaveTracked('e', data);
        expect(tracked).toHaveTracked('e', part);
      }),
    );
  });

  it('is missed as soon as one value is another, and the failure shows that one alone', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (data, choice) => {
        const tracked = emit(data);
        const changed = structuredClone(data) as EventFields;
        const leaves = [...leavesOf(changed)];
        const { parent, key } = leaves[choice % leaves.length]!;
        parent[key] = 'what no event has';

        expect(tracked).not.toHaveTracked('e', changed);
        const { message } = matchers.toHaveTracked.call({}, tracked, 'e', changed);
        const [, expected = '', received = ''] = /Expected: ([^]*)\nReceived: ([^]*)\n\nTracked/.exec(message()) ?? [];
        expect(expected).toContain('what no event has');
        expect(received).not.toContain('what no event has');
      }),
    );
  });

  it('is the same for a list of events in any order, and for the list in its own', async () => {
    const { tracker, module } = await compiled();
    fc.assert(
      fc.property(
        fc
          .array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), data: fc.record({ n: fc.nat(3) }) }), {
            maxLength: 12,
          })
          .chain((emitted) =>
            fc.tuple(
              fc.constant(emitted),
              fc.shuffledSubarray(emitted, { minLength: emitted.length }),
              fc.subarray(emitted),
            ),
          ),
        ([emitted, shuffled, some]) => {
          tracker.backend<{ clear(): void } & object>('memory').clear();
          for (const { name, data } of emitted) tracker.emit(name, data);

          expect(module).toHaveTrackedOnly(shuffled);
          expect(module).toHaveTrackedOnly(shuffled.map(({ name }) => name));
          expect(module).toHaveTrackedInOrder(some);
          expect(module).not.toHaveTrackedInOrder([...emitted, 'a']);
          expect(module).not.toHaveTrackedOnly([...shuffled, 'a']);
          if (emitted.length > 0) expect(module).not.toHaveTrackedOnly(shuffled.slice(1));
          for (const name of ['a', 'b', 'c'])
            expect(module).toHaveTrackedTimes(name, emitted.filter((event) => event.name === name).length);
        },
      ),
    );
  });

  it('takes its normal form as the event does', () => {
    class Money {
      constructor(
        readonly amount: bigint,
        readonly currency: string,
      ) {}
    }
    const data = {
      money: new Money(5n, 'EUR'),
      tags: new Set(['a', 'b']),
      grades: new Map([['DemoX', 0.5]]),
      url: new URL('https://example.org/'),
      bytes: Buffer.from('hi'),
      nothing: [undefined, Number.NaN],
      zero: -0,
      json: { toJSON: () => ({ n: 1 }) },
    };

    expect(emit(data)).toHaveTracked('e', data);
    expect(emit(data)).toHaveTracked('e', { money: { amount: '5' }, tags: ['a', 'b'], json: {}, zero: 0 });
    expect(emit(data)).not.toHaveTracked('e', { money: new Money(6n, 'EUR') });
    expect(emit(data)).not.toHaveTracked('e', { tags: new Set(['a']) });
  });
});

import fc from 'fast-check';
import { DEFAULT_LIMITS, toNormalForm } from '../../src/event/normal-form';
import { cpuMs, expectWithin } from '../support/growth';

const limits = { ...DEFAULT_LIMITS, maxTextLength: 1000, maxNodes: 30 };
const form = (value: unknown): unknown => toNormalForm(value, limits, () => undefined);
/** Keys that differ, of any length up to more than there is room for. */
const keys = fc.uniqueArray(
  fc
    .tuple(fc.nat(30), fc.constantFrom(1, 99, 101, 300, 600, 1200))
    .map(([at, length]) => `k${String(at)}`.padEnd(length, '.')),
  { maxLength: 20 },
);

describe('A Map with long keys', () => {
  it('has the normal form of an object with the same keys, where values are no text', () => {
    fc.assert(
      fc.property(keys, (names) => {
        const entries = names.map((name, at) => [name, at] as const);
        expect(form(new Map(entries))).toEqual(form(Object.fromEntries(entries)));
      }),
    );
  });

  it('is not searched key by key: keys beyond the limit never become keys of an object', () => {
    const make = (): Map<string, number> =>
      new Map(Array.from({ length: 500 }, (_, at) => [`${'k'.repeat(20_000)}${String(at).padStart(4, '0')}`, at]));
    const [some, same] = [make(), make()];
    const searching = cpuMs(() => Object.fromEntries(same));
    expectWithin(searching + 20, () =>
      cpuMs(() => toNormalForm(some, { ...DEFAULT_LIMITS, maxTextLength: 100_000 }, () => undefined)),
    );
    expect(
      Object.keys(toNormalForm(some, { ...DEFAULT_LIMITS, maxTextLength: 100_000 }, () => undefined) as object),
    ).toHaveLength(5);
  });
});

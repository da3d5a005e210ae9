import * as fc from 'fast-check';
import { FieldProfile } from '../../../src/cli/infer/field-profile';

const LOTS = { fields: 10_000 };

function profileOf(values: readonly unknown[], budget = { ...LOTS }): FieldProfile {
  const profile = new FieldProfile(budget);
  for (const value of values) profile.add(value);
  return profile;
}

/** Merges two profiles as the fields of one context, which is the only way from outside. */
function merged(one: readonly unknown[], other: readonly unknown[]): FieldProfile | undefined {
  const together = profileOf(one.map((value) => ({ it: value })));
  together.mergeFields(profileOf(other.map((value) => ({ it: value }))), new Set(['it']));
  return together.fields?.get('it');
}

/** Facts of a profile as plain data, with sorted keys. */
function facts(profile: FieldProfile | undefined): unknown {
  if (profile === undefined) return undefined;
  const { count, nulls, booleans, integers, fractions, unreadable, dateTimes, arrays, objects } = profile;
  const fields = profile.fields && [...profile.fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...{ count, nulls, booleans, integers, fractions, unreadable, dateTimes, arrays, objects },
    ...{ isOpen: profile.isOpen, texts: profile.texts.count, items: facts(profile.items) },
    ...{ fields: fields?.map(([key, each]) => [key, facts(each)]), values: facts(profile.values) },
  };
}

const values = fc.array(
  fc.oneof(
    fc.constantFrom<unknown>(null, true, 1, 2.5, 1e999, 'a', '2026-11-01T12:00:00Z', [], ['a'], [1, [2]], {}),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom<unknown>(1, 'x', null, { d: 1 }, [true])),
  ),
  { minLength: 1, maxLength: 8 },
);

describe('FieldProfile', () => {
  it('counts each kind of value', () => {
    const profile = profileOf([null, true, 7, 2.5, 2 ** 60, Infinity, 'a', '2026-11-01T12:00:00Z', [1], { a: 1 }]);
    expect(profile).toMatchObject({ count: 10, nulls: 1, booleans: 1, integers: 1, fractions: 2, unreadable: 1 });
    expect(profile).toMatchObject({ dateTimes: 1, arrays: 1, objects: 1, isOpen: false });
    expect(profile.texts.count).toBe(2);
    expect(profile.items?.integers).toBe(1);
    expect(profile.fields?.get('a')?.integers).toBe(1);
  });

  it('merges two profiles to that of all values, in either order', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const whole = facts(profileOf([...one, ...other]));
        expect(facts(merged(one, other))).toEqual(whole);
        expect(facts(merged(other, one))).toEqual(whole);
      }),
    );
  });

  it('merges only the wanted fields, and counts all objects', () => {
    const together = profileOf([{ a: 1 }]);
    together.mergeFields(profileOf([{ a: 2, b: 2 }, {}]), new Set(['a']));
    expect([...(together.fields?.keys() ?? [])]).toEqual(['a']);
    expect(together.objects).toBe(3);
    expect(together.fields?.get('a')?.count).toBe(2);
  });

  it('takes over a field that it does not know', () => {
    const together = profileOf([{}]);
    together.mergeFields(profileOf([{ a: 'x' }]), new Set(['a']));
    expect(together.fields?.get('a')?.texts.count).toBe(1);
  });

  it('folds keys that identify people into a map, and remembers that they do', () => {
    const profile = profileOf([{ 'ann@example.com': 1 }, { 'bob@example.com': 2 }]);
    profile.foldIfMap();
    expect(profile).toMatchObject({ fields: undefined, hasPersonalKeys: true });
    expect(profile.values?.integers).toBe(2);
  });

  it('folds keys that are all ids, and keeps names', () => {
    const ids = profileOf([{ '1001': { ok: true }, '1002': { ok: false } }]);
    ids.foldIfMap();
    expect(ids.fields).toBeUndefined();
    expect(ids.values?.fields?.get('ok')?.booleans).toBe(2);

    const names = profileOf([{ mode: 1, '1001': 2 }]);
    names.foldIfMap();
    expect([...(names.fields?.keys() ?? [])].sort()).toEqual(['1001', 'mode']);
  });

  it('folds a mapping below objects, items and values too', () => {
    const profile = profileOf([{ by: [{ '1001': 1 }] }]);
    profile.foldIfMap();
    expect(profile.fields?.get('by')?.items?.fields).toBeUndefined();
    expect(profile.fields?.get('by')?.items?.values?.integers).toBe(1);
  });

  it('keeps a map as a map when it is merged', () => {
    const both = [1, 2].map((n) => profileOf([{ it: { [`100${String(n)}`]: n } }])) as [FieldProfile, FieldProfile];
    both[0].foldIfMap();
    both[0].mergeFields(both[1], new Set(['it']));
    expect(both[0].fields?.get('it')?.fields).toBeUndefined();
    expect(both[0].fields?.get('it')?.values?.integers).toBe(2);
  });

  it('leaves out keys that a schema cannot name, and says that there are others', () => {
    const profile = profileOf([JSON.parse('{"__proto__":1,"a":2}')]);
    expect([...(profile.fields?.keys() ?? [])]).toEqual(['a']);
    expect(profile.isOpen).toBe(true);
  });

  it('stops at its budget of places', () => {
    const profile = profileOf([{ a: 1, b: 2, c: 3 }], { fields: 2 });
    expect([...(profile.fields?.keys() ?? [])]).toEqual(['a', 'b']);
    expect(profile.isOpen).toBe(true);
  });

  it('ignores what is nested too deep', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 100; depth++) value = [value];
    let deepest = profileOf([value]);
    let depth = 0;
    while (deepest.items !== undefined) [deepest, depth] = [deepest.items, depth + 1];
    expect(deepest.isBottom).toBe(true);
    expect(depth).toBeLessThan(100);
  });
});

import { FieldRow } from '../../src/context/field-row';
import { EMPTY_VIEW, mergeLayers, RequestView, View, type ScopeView } from '../../src/context/view';
import type { EventFields } from '../../src/event/tracking-event';

const row = (fields: EventFields): FieldRow => FieldRow.of(fields);

/** Chains of views with the values that they have in the end. */
const CHAINS: readonly (readonly [string, () => ScopeView, EventFields])[] = [
  ['no values', () => EMPTY_VIEW, {}],
  ['own values', () => new View(undefined, { a: 1, b: 'x' }), { a: 1, b: 'x' }],
  ['values of a parent', () => new View(new View(undefined, { a: 1 }), { b: 2 }), { a: 1, b: 2 }],
  ['a value that hides one', () => new View(new View(undefined, { a: 1, b: 1 }), { a: 2 }), { a: 2, b: 1 }],
  ['an empty parent', () => new View(EMPTY_VIEW, { a: 1 }), { a: 1 }],
  ['no own values', () => new View(new View(undefined, { a: 1 }), {}), { a: 1 }],
  ['a request', () => new RequestView(undefined, row({ path: '/' }), row({ user_id: 7 })), { path: '/', user_id: 7 }],
  ['a request without user', () => new RequestView(undefined, row({ path: '/' }), row({})), { path: '/' }],
  ['a request with a user only', () => new RequestView(undefined, row({}), row({ user_id: 7 })), { user_id: 7 }],
  [
    'a scope in a request',
    () => new View(new RequestView(new View(undefined, { a: 1 }), row({ path: '/' }), row({ u: 7 })), { u: 8, z: 1 }),
    { a: 1, path: '/', u: 8, z: 1 },
  ],
  [
    'a user that hides a value',
    () => new RequestView(new View(undefined, { user_id: 1 }), row({ path: '/' }), row({ user_id: 7 })),
    { user_id: 7, path: '/' },
  ],
  [
    'a key called __proto__',
    () => new View(new View(undefined, JSON.parse('{"__proto__":1}') as EventFields), { a: 1 }),
    JSON.parse('{"__proto__":1,"a":1}') as EventFields,
  ],
];

describe.each(CHAINS)('View of %s', (_, make, values) => {
  it('merges the values', () => {
    expect(make().values).toEqual(values);
  });

  it('writes them as JSON, whether or not the values were merged before', () => {
    expect(make().text()).toBe(JSON.stringify(values));
    const merged = make();
    expect(merged.values).toEqual(values);
    expect(merged.text()).toBe(JSON.stringify(values));
  });

  it('returns each value', () => {
    const view = make();
    for (const [key, value] of Object.entries(values)) expect(view.get(key)).toEqual(value);
    expect(view.get('missing')).toBeUndefined();
    expect(view.get('toString')).toBeUndefined();
  });

  it('estimates the length of its JSON, near enough', () => {
    const { length } = JSON.stringify(values);
    const view = make();
    expect(view.estimatedLength()).toBeGreaterThanOrEqual(length - 10);
    expect(view.estimatedLength()).toBeLessThanOrEqual(length * 2 + 20);
    view.text();
    expect(view.estimatedLength()).toBe(length);
  });
});

describe('View', () => {
  it('returns the same object and string each time', () => {
    const view = new View(new View(undefined, { a: 1 }), { b: 2 });
    expect(view.values).toBe(view.values);
    expect([view.text(), view.text(), view.text()]).toEqual(Array(3).fill('{"a":1,"b":2}'));
  });

  it('uses its own object where there is no parent', () => {
    const own = { a: 1 };
    expect(new View(undefined, own).values).toBe(own);
  });

  it('does not change the values of its parent', () => {
    const parent = new View(undefined, { a: 1 });
    const child = new View(parent, { a: 2 });
    expect([child.values, parent.values]).toEqual([{ a: 2 }, { a: 1 }]);
  });

  it('appends to the JSON of its parent without reading the parent again', () => {
    const parent = new View(undefined, { a: 1 });
    parent.text();
    const read = jest.spyOn(parent, 'values', 'get');
    expect(new View(parent, { b: 2 }).text()).toBe('{"a":1,"b":2}');
    expect(read).not.toHaveBeenCalled();
  });

  it('takes any view as its parent', () => {
    const parent = {
      ...{ values: { a: 1 }, findings: undefined, hasNoDates: false },
      ...{ text: () => '{"a":1}', estimatedLength: () => 7, get: (key: string) => (key === 'a' ? 1 : undefined) },
    };
    const view = new View(parent, { b: 2 });
    expect([view.values, view.text(), view.get('a'), view.hasNoDates]).toEqual([
      { a: 1, b: 2 },
      '{"a":1,"b":2}',
      1,
      false,
    ]);
  });

  it.each([
    [new View(undefined, { a: 1 }), true],
    [new View(undefined, { a: new Date(0) }), false],
    [new View(undefined, { a: { b: [new Date(0)] } }), false],
    [new View(new View(undefined, { a: new Date(0) }), { b: 1 }), false],
    [new RequestView(undefined, row({ a: new Date(0) }), row({})), false],
    [new RequestView(undefined, row({}), row({ a: new Date(0) })), false],
    [new RequestView(undefined, row({ a: 1 }), row({ b: 1 })), true],
  ])('knows whether it has dates: %#', (view, expected) => {
    expect(view.hasNoDates).toBe(expected);
    expect(view.hasNoDates).toBe(expected);
  });
});

describe('mergeLayers', () => {
  it('replaces nested objects instead of merging them', () => {
    expect(mergeLayers({}, { a: { x: 1 }, b: 1 }, { a: { y: 2 } })).toEqual({ a: { y: 2 }, b: 1 });
  });

  it('adds to the object that it is given', () => {
    const values = { a: 1 };
    expect(mergeLayers(values, { b: 2 })).toBe(values);
    expect(values).toEqual({ a: 1, b: 2 });
  });
});

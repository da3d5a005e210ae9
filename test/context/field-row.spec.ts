import { FieldRow } from '../../src/context/field-row';
import type { EventFields } from '../../src/event/tracking-event';

const usual = (names: string[], values: unknown[]): FieldRow =>
  new FieldRow(
    names,
    names.map((name) => `"${name}":`),
    values,
    true,
  );

describe('FieldRow', () => {
  it('writes its fields as JSON without braces, in order', () => {
    const fields = { a: 1, b: 'x"y', c: null, d: { e: [true] }, f: new Date(0) } as EventFields;
    expect(`{${FieldRow.of(fields).text()}}`).toBe(JSON.stringify(fields));
  });

  it('leaves out fields without a value', () => {
    const row = usual(['a', 'b', 'c'], [undefined, 'x', undefined]);
    expect([row.text(), row.keys(), row.get('a')]).toEqual(['"b":"x"', ['b'], undefined]);
    const fields: EventFields = { z: 1 };
    row.addTo(fields);
    expect(Object.keys(fields)).toEqual(['z', 'b']);
  });

  it('leaves out values that have no JSON', () => {
    expect(usual(['a', 'b'], [() => 1, 2]).text()).toBe('"b":2');
  });

  it('writes strings directly if they need no escapes', () => {
    expect(usual(['a', 'b'], ['x', 7]).text()).toBe('"a":"x","b":7');
  });

  it('makes its JSON once', () => {
    const toJSON = jest.fn(() => 1);
    const row = usual(['a'], [{ toJSON }]);
    expect([row.text(), row.text()]).toEqual(['"a":1', '"a":1']);
    expect(toJSON).toHaveBeenCalledTimes(1);
  });

  it('adds its fields to an object, also one called __proto__', () => {
    const fields: EventFields = { z: 1 };
    FieldRow.of(JSON.parse('{"__proto__":{"x":1},"a":2}') as EventFields).addTo(fields);
    expect(Object.keys(fields)).toEqual(['z', '__proto__', 'a']);
    expect((fields as { x?: unknown }).x).toBeUndefined();
  });

  it('returns a value by its name', () => {
    const row = FieldRow.of({ a: 1, b: 2 });
    expect([row.get('a'), row.get('b'), row.get('c')]).toEqual([1, 2, undefined]);
  });

  it('estimates at least the length of its JSON', () => {
    const row = FieldRow.of({ a: 'x'.repeat(50), b: 12 });
    expect(row.estimatedLength()).toBeGreaterThanOrEqual(row.text().length);
    expect(usual(['a'], [undefined]).estimatedLength()).toBe(0);
  });

  it.each([
    [{ a: 1 }, true],
    [{ a: { b: new Date(0) } }, false],
  ])('knows whether it has dates: %p', (fields, expected) => {
    expect(FieldRow.of(fields as EventFields).hasNoDates).toBe(expected);
  });

  describe('flatSize', () => {
    it('counts the fields and the characters of names and strings', () => {
      expect(usual(['ab', 'c', 'd', 'e'], ['xyz', 7, true, undefined]).flatSize()).toEqual({ count: 3, textLength: 7 });
    });

    it.each([[{}], [null], [[]], [Number.NaN], [Infinity], [1n], [() => 1]])('is undefined for %p', (value) => {
      expect(usual(['a', 'b'], ['x', value]).flatSize()).toBeUndefined();
    });
  });

  it('returns its values only to the reader that made it', () => {
    const names = ['a', 'b'];
    const row = usual(names, [1, 'x']);
    expect(row.valuesOf(names)).toEqual([1, 'x']);
    expect(row.valuesOf(['a', 'b'])).toBeUndefined();
  });
});

import { OwnContext } from '../../src/event/envelope';
import { withContext, withFields } from '../../src/processors/added-fields';

describe('withFields', () => {
  it('adds fields, and keeps existing ones unless it overrides them', () => {
    const fields = { a: 1, b: 2 };
    expect(withFields(fields, { b: 3, c: 4 }, false)).toEqual({ a: 1, b: 2, c: 4 });
    expect(withFields(fields, { b: 3, c: 4 }, true)).toEqual({ a: 1, b: 3, c: 4 });
    expect(fields).toEqual({ a: 1, b: 2 });
  });

  it('keeps the order of the first object', () => {
    expect(Object.keys(withFields({ z: 1, a: 2 }, { a: 3, b: 4 }, true))).toEqual(['z', 'a', 'b']);
  });

  it('gives back the same object if nothing is added', () => {
    const fields = { a: 1 };
    expect(withFields(fields, { a: 2 }, false)).toBe(fields);
    expect(withFields(fields, {}, true)).toBe(fields);
  });

  it('takes __proto__ for an ordinary key', () => {
    const added = JSON.parse('{"__proto__":{"a":1}}') as object;
    expect(JSON.stringify(withFields({ b: 1 }, added as never, false))).toBe('{"b":1,"__proto__":{"a":1}}');
  });
});

describe('withContext', () => {
  it('adds values, and keeps existing ones unless it overrides them', () => {
    const context = new OwnContext({ a: 1, b: 2 });
    expect(withContext(context, { b: 3, c: 4 }, false).values).toEqual({ a: 1, b: 2, c: 4 });
    expect(withContext(context, { b: 3, c: 4 }, true).values).toEqual({ a: 1, b: 3, c: 4 });
    expect(context.values).toEqual({ a: 1, b: 2 });
  });

  it('gives back the same context if nothing is added', () => {
    const context = new OwnContext({ a: 1 });
    expect(withContext(context, { a: 2 }, false)).toBe(context);
    expect(withContext(context, {}, true)).toBe(context);
  });
});

import { copyNormalForm, isPolluted, isSameForm, setFields } from '../../src/event/form-copies';
import type { EventFields } from '../../src/event/tracking-event';

const FORM = { a: 1, list: [1, 'x', { b: null }, [true]], at: new Date(5), deep: { deeper: { deepest: '' } } };
const WITH_PROTO = JSON.parse('{"__proto__":{"a":1},"b":2}') as EventFields;

/** Runs code while every object has an enumerable key that is not its own. */
function polluted<Result>(code: () => Result): Result {
  Object.defineProperty(Object.prototype, 'polluted', { value: { x: 1 }, enumerable: true, configurable: true });
  try {
    return code();
  } finally {
    Reflect.deleteProperty(Object.prototype, 'polluted');
  }
}

describe('copyNormalForm', () => {
  it('copies every object at any depth', () => {
    const copy = copyNormalForm(FORM);
    expect(copy).toEqual(FORM);
    copy.deep.deeper.deepest = 'changed';
    copy.at.setTime(9);
    (copy.list[2] as EventFields)['b'] = 'changed';
    expect(FORM).toEqual({
      a: 1,
      list: [1, 'x', { b: null }, [true]],
      at: new Date(5),
      deep: { deeper: { deepest: '' } },
    });
  });

  it('keeps a key __proto__ as a field', () => {
    const copy = copyNormalForm(WITH_PROTO);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1},"b":2}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('copies own keys only', () => {
    const copy = polluted(() => copyNormalForm(FORM));
    expect([Object.keys(copy), Object.keys(copy.deep.deeper)]).toEqual([Object.keys(FORM), ['deepest']]);
  });
});

describe('setFields', () => {
  it('replaces values and keeps the positions of keys', () => {
    const fields: EventFields = { a: 1, b: 2 };
    setFields(fields, { b: 3, c: 4 });
    expect(JSON.stringify(fields)).toBe('{"a":1,"b":3,"c":4}');
  });

  it('sets own keys only, and __proto__ as a field', () => {
    const fields: EventFields = {};
    polluted(() => {
      setFields(fields, WITH_PROTO);
    });
    expect(Object.keys(fields)).toEqual(['__proto__', 'b']);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });
});

describe('isSameForm', () => {
  it.each([
    [{ a: 1, b: [1, { c: 'x' }] }, { b: [1, { c: 'x' }], a: 1 }, true],
    [{}, {}, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1, b: undefined }, { a: 1 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [{ a: 1 }, { a: '1' }, false],
    [[1, 2], [1, 2, 3], false],
    [[1], { 0: 1 }, false],
    [{ 0: 1 }, [1], false],
    [null, {}, false],
    [{ a: null }, { a: {} }, false],
    [new Date(5), new Date(5), false],
    [
      new (class Point {
        x = 1;
      })(),
      { x: 1 },
      false,
    ],
    [Object.create({ a: 1 }), { a: 1 }, false],
  ])('compares %j with %j: %s', (value, form, expected) => {
    expect(isSameForm(value, form)).toBe(expected);
    expect(polluted(() => isSameForm(value, form))).toBe(expected);
  });
});

describe('isPolluted', () => {
  it('is true while Object.prototype has enumerable keys', () => {
    expect([isPolluted(), polluted(isPolluted), isPolluted()]).toEqual([false, true, false]);
  });
});

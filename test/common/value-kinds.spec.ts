import { hasMethod, isAsyncFunction, isFunction, isIterable, isObject, isText } from '../../src/common/value-kinds';

class Sender {
  send(): void {}
}

describe('value-kinds', () => {
  it.each<[string, (value: unknown) => boolean, unknown[], unknown[]]>([
    ['isObject', isObject, [{}, new Sender(), new Map()], [null, undefined, [], () => 1, 'x', 5]],
    ['isFunction', isFunction, [() => 1, Sender, async () => Promise.resolve()], [{}, null, 'send']],
    ['isText', isText, ['x', ' '], ['', 5, null, ['x']]],
    ['isIterable', isIterable, [[], new Set(), new Map(), [].values()], ['text', {}, null, undefined, 5]],
    ['isAsyncFunction', isAsyncFunction, [async () => Promise.resolve()], [() => Promise.resolve(), Sender, null]],
  ])('%s tells its kind from others', (_name, is, own, others) => {
    for (const value of own) expect([value, is(value)]).toEqual([value, true]);
    for (const value of others) expect([value, is(value)]).toEqual([value, false]);
  });

  it('hasMethod finds own and inherited methods, and none in a value that has no properties', () => {
    expect(hasMethod(new Sender(), 'send')).toBe(true);
    expect(hasMethod({ send: () => 1 }, 'send')).toBe(true);
    expect(hasMethod({ send: 5 }, 'send')).toBe(false);
    expect(hasMethod({}, 'send')).toBe(false);
    expect([null, undefined, 5].some((value) => hasMethod(value, 'send'))).toBe(false);
  });
});

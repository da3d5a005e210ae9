import { GivenFunction } from '../../src/tracker/given-function';

describe('GivenFunction', () => {
  it('returns what the function returns', () => {
    expect(new GivenFunction((value: number) => ({ value })).call(7)).toEqual({ value: 7 });
    expect(new GivenFunction(() => undefined).call(7)).toBeUndefined();
  });

  it('passes on an error, and can be called again', () => {
    let fails = true;
    const given = new GivenFunction(() => (fails ? (JSON.parse('?') as object) : { a: 1 }));
    expect(() => given.call(undefined)).toThrow(SyntaxError);
    fails = false;
    expect(given.isRunning).toBe(false);
    expect(given.call(undefined)).toEqual({ a: 1 });
  });

  it('is not called inside itself', () => {
    const give = jest.fn((): object => ({ inner: given.isRunning, again: given.call(undefined) }));
    const given: GivenFunction<undefined> = new GivenFunction(give);
    expect(() => given.call(undefined)).toThrow('it calls the decorated method, which would call it again');
    expect(give).toHaveBeenCalledTimes(1);
  });

  it('refuses a promise, handles its rejection, and is not called again', async () => {
    const give = jest.fn(() => Promise.reject(new Error('no')));
    const given = new GivenFunction(give);
    expect(() => given.call(undefined)).toThrow('it returned a promise, which is not awaited');
    expect(() => given.call(undefined)).toThrow('it is not called again');
    expect(give).toHaveBeenCalledTimes(1);
    await new Promise(setImmediate);
  });
});

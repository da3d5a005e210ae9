import { AsyncResult, isPromise, synchronous } from '../../src/common/async-result';

describe('synchronous', () => {
  it.each([[undefined], [null], [0], ['text'], [{ then: 'no function' }]])('gives %p back', (value) => {
    expect(synchronous(value)).toBe(value);
  });

  it('refuses a promise, and ignores its rejection', async () => {
    expect(() => synchronous(Promise.reject(new Error('late')))).toThrow(AsyncResult);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('refuses any object with a method then', () => {
    const then = jest.fn();
    expect(isPromise({ then })).toBe(true);
    expect(() => synchronous({ then })).toThrow('a promise was returned');
    expect(then).toHaveBeenCalledWith(undefined, expect.any(Function));
  });
});

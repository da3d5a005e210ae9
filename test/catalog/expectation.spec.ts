import { expectationOf } from '../../src/catalog/expectation';

describe('expectationOf', () => {
  it.each([
    [{ minLength: 1 }, 'a string of at least 1 character'],
    [{ minLength: 3 }, 'a string of at least 3 characters'],
    [{ maxLength: 1 }, 'a string of at most 1 character'],
    [{ minLength: 0, maxLength: 1 }, 'a string of 0 to 1 character'],
    [{ minLength: 2, maxLength: 2 }, 'a string of exactly 2 characters'],
    [{ minLength: 1, maxLength: 20 }, 'a string of 1 to 20 characters'],
  ])('counts characters: %j', (limits, expected) => {
    expect(expectationOf([{ type: 'string', ...limits }])).toBe(expected);
  });

  it.each([
    [{ minItems: 2, maxItems: 2 }, 'a list of exactly 2 items'],
    [{ minItems: 1, maxItems: 1 }, 'a list of exactly 1 item'],
    [{ minItems: 1 }, 'a list of at least 1 item'],
  ])('counts items: %j', (limits, expected) => {
    expect(expectationOf([{ type: 'array', ...limits }])).toBe(expected);
  });
});

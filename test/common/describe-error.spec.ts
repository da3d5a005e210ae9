import { describeError } from '../../src/common/describe-error';

describe('describeError', () => {
  it('names the kind and the message of an error', () => {
    expect(describeError(new TypeError('no'))).toBe('TypeError: no');
    expect(describeError(Object.assign(new Error('no'), { name: 'MongoError' }))).toBe('MongoError: no');
  });

  it.each<[unknown, string]>([
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [{}, '[object Object]'],
    [Symbol('s'), 'Symbol(s)'],
  ])('describes the thrown value %p', (thrown, text) => {
    expect(describeError(thrown)).toBe(text);
  });

  it('is on one line, and has at most 200 characters', () => {
    const text = describeError(new Error(`a\nb${'x'.repeat(1_000_000)}`));
    expect(text).toHaveLength(200);
    expect(text).toContain('a\\u000ab');
  });

  it('never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const failing = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(describeError(proxy)).toBe('an error that cannot be read');
    expect(describeError(failing)).toBe('an error that cannot be read');
    expect(describeError(Object.create(null))).toBe('an error that cannot be read');
  });
});

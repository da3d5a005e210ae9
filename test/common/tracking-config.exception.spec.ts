import { TrackingConfigException } from '../../src/common/tracking-config.exception';

describe('TrackingConfigException', () => {
  it('lists every error with its place, in the next line its fix', () => {
    const exception = TrackingConfigException.create([
      { path: 'role', what: 'it is 5.', fix: "role: 'both'" },
      { path: 'backends.log (LoggerBackend)', what: 'path is 7.', fix: 'leave it out' },
    ]);
    expect(exception.message).toBe(
      [
        '2 errors in the tracking configuration.',
        '  1. role: it is 5.',
        "     Fix: role: 'both'",
        '  2. backends.log (LoggerBackend): path is 7.',
        '     Fix: leave it out',
      ].join('\n'),
    );
    expect(exception.name).toBe('TrackingConfigException');
    expect(exception.errors).toHaveLength(2);
  });

  it('keeps the first cause, and has none where no error has one', () => {
    const [first, second] = [new Error('first'), new Error('second')];
    const error = { path: 'a', what: 'it failed.', fix: 'see the cause' };
    const caused = TrackingConfigException.create([error, { ...error, cause: first }, { ...error, cause: second }]);
    expect(caused.cause).toBe(first);
    expect('cause' in TrackingConfigException.create([error])).toBe(false);
    expect(TrackingConfigException.create([error]).message).toMatch(/^1 error in/);
  });
});

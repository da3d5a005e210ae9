import { Attempt } from '../../src/delivery/attempt';

const FOREVER = 2 ** 40;

describe('Attempt', () => {
  it('ends as the call ends', async () => {
    await expect(new Attempt(() => Promise.resolve(7), FOREVER).result).resolves.toEqual({ how: 'resolved', value: 7 });
    await expect(new Attempt(() => 7, FOREVER).result).resolves.toEqual({ how: 'resolved', value: 7 });
    const error = new Error('x');
    await expect(new Attempt(() => Promise.reject(error), FOREVER).result).resolves.toEqual({ how: 'threw', error });
    const throws = (): never => {
      throw error;
    };
    await expect(new Attempt(throws, FOREVER).result).resolves.toEqual({ how: 'threw', error });
  });

  it('ends when its time is over, whatever the call says then', async () => {
    const attempt = new Attempt(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('of its own'));
          });
        }),
      5,
    );
    await expect(attempt.result).resolves.toEqual({ how: 'timed-out', afterMs: 5 });
    await attempt.ended;
    expect(attempt.hasEnded).toBe(true);
  });

  it('tells a call that is still running from one that has returned', async () => {
    let finish = (): void => undefined;
    const attempt = new Attempt(() => new Promise<void>((resolve) => (finish = resolve)), 1);
    await attempt.result;
    expect(attempt.hasEnded).toBe(false);
    finish();
    await attempt.ended;
    expect(attempt.hasEnded).toBe(true);
  });

  it('leaves no rejection unhandled, and no timer behind, when it is aborted', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const attempt = new Attempt(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
      60_000,
    );
    attempt.abort(new Error('the application is closing'));
    await attempt.ended;
    await new Promise(setImmediate);
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

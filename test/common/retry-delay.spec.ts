import { setTimeout as wait } from 'node:timers/promises';
import { RetryDelay } from '../../src/common/retry-delay';

jest.mock('node:timers/promises', () => ({ setTimeout: jest.fn(() => Promise.resolve()) }));
const timer = jest.mocked(wait);
const { signal } = new AbortController();

describe('RetryDelay', () => {
  beforeEach(() => {
    timer.mockClear();
  });

  it('doubles the delay after each failure up to the longest one', async () => {
    const delay = new RetryDelay({ minDelayMs: 50, maxDelayMs: 300 });
    for (let failure = 0; failure < 5; failure++) await delay.wait(signal);
    expect(timer.mock.calls.map(([delayMs]) => delayMs)).toEqual([50, 100, 200, 300, 300]);
  });

  it('starts at the shortest delay again after a success', async () => {
    const delay = new RetryDelay({ minDelayMs: 50, maxDelayMs: 300 });
    await delay.wait(signal);
    await delay.wait(signal);
    delay.reset();
    await delay.wait(signal);
    expect(timer.mock.calls.map(([delayMs]) => delayMs)).toEqual([50, 100, 50]);
  });

  it('resolves when the signal ends the wait', async () => {
    timer.mockRejectedValueOnce(new Error('The operation was aborted'));
    await expect(new RetryDelay({ minDelayMs: 50, maxDelayMs: 300 }).wait(signal)).resolves.toBeUndefined();
    expect(timer.mock.calls[0]?.[2]?.signal).toBe(signal);
  });

  it('keeps the process alive unless asked not to', async () => {
    const delay = new RetryDelay({ minDelayMs: 50, maxDelayMs: 300 });
    await delay.wait(signal);
    await delay.wait(signal, false);
    expect(timer.mock.calls.map(([, , options]) => options?.ref)).toEqual([true, false]);
  });
});

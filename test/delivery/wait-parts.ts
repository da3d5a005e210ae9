import { SendFailedException } from '../../src/entries';

export const DAY = 86_400_000;
export const YEAR = 365 * DAY;
export const QUICK = { batch: { maxEvents: 10, maxWaitMs: 10 }, retry: { minDelayMs: 20, maxDelayMs: 200 } };

export function busy(retryAfterMs: number): Promise<never> {
  return Promise.reject(SendFailedException.create({ reason: '429', retryable: true, retryAfterMs }));
}

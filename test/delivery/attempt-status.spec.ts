import { observeStatus, reportStatus, statusOf } from '../../src/delivery/attempt-status';

describe('The status of an attempt', () => {
  it('is the last one that was reported for its signal', () => {
    const [signal, other] = [new AbortController().signal, new AbortController().signal];
    const observed = observeStatus(signal);
    expect(observed.status).toBeUndefined();
    reportStatus(other, 500);
    reportStatus(signal, 429);
    reportStatus(signal, 202);
    expect(observed.status).toBe(202);
  });

  it.each<[error: unknown, status: number | undefined]>([
    [{ status: 503 }, 503],
    [Object.assign(new Error('x'), { status: 400 }), 400],
    [{ status: '503' }, undefined],
    [{ status: 1 }, undefined],
    [{ status: 599.5 }, undefined],
    [null, undefined],
    ['text', undefined],
  ])('of the error %p is %p', (error, status) => {
    expect(statusOf(error)).toBe(status);
  });

  it('of an error that cannot be read is unknown', () => {
    const unreadable = {
      get status(): number {
        throw new Error('no');
      },
    };
    expect(statusOf(unreadable)).toBeUndefined();
  });
});

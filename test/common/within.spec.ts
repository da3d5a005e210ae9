import { getEventListeners } from 'node:events';
import { within } from '../../src/common/within';

const never = new Promise<never>(() => undefined);

describe('within', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('resolves with the result of the work if it comes in time', async () => {
    const { signal } = new AbortController();
    await expect(within({ timeoutMs: 50, signal }, Promise.resolve('result'), () => 'late')).resolves.toBe('result');
  });

  it('rejects like the work', async () => {
    const work = Promise.reject(new Error('refused'));
    await expect(within({ timeoutMs: 50 }, work, () => 'late')).rejects.toThrow('refused');
  });

  it('calls onEnd with the cause when the time has passed', async () => {
    const result = within({ timeoutMs: 50 }, never, (cause) => cause);
    await jest.advanceTimersByTimeAsync(49);
    const early = await Promise.race([result, Promise.resolve('waiting')]);
    await jest.advanceTimersByTimeAsync(1);
    expect([early, await result]).toEqual(['waiting', 'timeout']);
  });

  it('calls onEnd with the cause when the signal is aborted, also before the call', async () => {
    const ending = new AbortController();
    const result = within({ signal: ending.signal, timeoutMs: 1000 }, never, (cause) => cause);
    ending.abort();
    expect([await result, await within({ signal: ending.signal }, never, (cause) => cause)]).toEqual([
      'aborted',
      'aborted',
    ]);
  });

  it('rejects with what onEnd throws, and with a promise of it that rejects', async () => {
    const refuse = (): never => {
      throw new Error('too late');
    };
    const signal = AbortSignal.abort();
    await expect(within({ signal }, never, refuse)).rejects.toThrow('too late');
    await expect(within({ signal }, never, () => Promise.reject(new Error('later')))).rejects.toThrow('later');
  });

  it('ignores how the work settles after the end', async () => {
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<string>((_, reject) => (fail = reject));
    await expect(within({ signal: AbortSignal.abort() }, work, () => 'instead')).resolves.toBe('instead');
    fail(new Error('nobody waits for this')); // an unhandled rejection would end the test run
    await jest.advanceTimersByTimeAsync(0);
  });

  it('leaves neither a timer nor a listener behind', async () => {
    const { signal } = new AbortController();
    await within({ timeoutMs: 50, signal }, Promise.resolve(), () => undefined);
    await within({ timeoutMs: 50, signal }, Promise.reject(new Error('refused')), () => undefined).catch(
      () => undefined,
    );
    expect([jest.getTimerCount(), getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  it('waits for at most the longest time of a timer, and not at all for a negative one', async () => {
    const results: string[] = [];
    void within({ timeoutMs: Infinity }, never, () => results.push('infinite'));
    void within({ timeoutMs: -5 }, never, () => results.push('negative'));
    await jest.advanceTimersByTimeAsync(1000);
    expect(results).toEqual(['negative']);
  });

  it('lets the process end only if asked to', () => {
    const timers = jest.spyOn(globalThis, 'setTimeout');
    void within({ timeoutMs: 50 }, never, () => undefined);
    void within({ timeoutMs: 50, keepsAlive: false }, never, () => undefined);
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true, false]);
  });
});

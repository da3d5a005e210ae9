import { OpenCalls } from '../../../src/transports/kafka/open-calls';

/** A call whose response a test sends. */
function openCall() {
  let answer: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const response = new Promise<string>((resolve, reject) => ([answer, fail] = [resolve, reject]));
  return { call: () => response, answer: (value: string) => answer(value), fail: (error: Error) => fail(error) };
}

const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('OpenCalls', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('settles like the call', async () => {
    const calls = new OpenCalls();
    await expect(calls.run(() => Promise.resolve('response'))).resolves.toBe('response');
    await expect(calls.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('disconnects at once when no call is in progress', async () => {
    const calls = new OpenCalls();
    await calls.run(() => Promise.reject(new Error('refused'))).catch(() => undefined);
    const disconnect = jest.fn(() => Promise.resolve());
    await calls.close(disconnect);
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  it('makes no call after it was closed', async () => {
    const calls = new OpenCalls();
    await calls.close(() => Promise.reject(new Error('gone')));
    const call = jest.fn(() => Promise.resolve());
    await expect(calls.run(call)).rejects.toThrow('it is closed');
    expect(call).not.toHaveBeenCalled();
  });

  it('disconnects after the response to a call in progress', async () => {
    const calls = new OpenCalls();
    const open = openCall();
    void calls.run(open.call);
    const disconnect = jest.fn(() => Promise.resolve());
    const closed = calls.close(disconnect);
    await pass(999);
    expect(disconnect).not.toHaveBeenCalled();
    open.answer('response');
    await closed;
    await pass();
    expect(disconnect).toHaveBeenCalledTimes(1);
  });

  it('disconnects after a second, and again when a late call has ended', async () => {
    const calls = new OpenCalls();
    const open = openCall();
    calls.run(open.call).catch(() => undefined);
    const disconnect = jest.fn(() => Promise.reject(new Error('gone')));
    const closed = calls.close(disconnect);
    await pass(1000);
    await closed;
    expect(disconnect).toHaveBeenCalledTimes(1);
    open.fail(new Error('refused'));
    await pass();
    expect(disconnect).toHaveBeenCalledTimes(2);
  });
});

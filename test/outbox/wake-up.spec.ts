import { WakeUp } from '../../src/outbox/wake-up';

const never = new AbortController().signal;

describe('WakeUp', () => {
  it('ends the wait when it is called', async () => {
    const wakeUp = new WakeUp();
    const waiting = wakeUp.wait(60_000, never);
    wakeUp.call();
    await waiting;
  });

  it('does not wait if it was called before, but once only', async () => {
    const wakeUp = new WakeUp();
    wakeUp.call();
    wakeUp.call();
    await wakeUp.wait(60_000, never);
    const ended: string[] = [];
    const waiting = wakeUp.wait(60_000, never).then(() => ended.push('woken'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual([]);
    wakeUp.call();
    await waiting;
  });

  it('ends the wait after the time, and at the signal', async () => {
    await new WakeUp().wait(1, never);
    await new WakeUp().wait(60_000, AbortSignal.abort());
  });
});

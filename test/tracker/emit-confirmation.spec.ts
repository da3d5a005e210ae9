import { EmitConfirmation } from '../../src/tracker/emit-confirmation';
import { fakeClock, pass } from '../delivery/fake-clock';

describe('EmitConfirmation', () => {
  it('ends without a reason once every destination has answered', async () => {
    const confirmation = new EmitConfirmation();
    const { onOutcome } = confirmation.claim('lrs');
    confirmation.accepted('lrs');
    setImmediate(onOutcome, 'delivered');
    expect(await confirmation.end(1000, undefined)).toBeUndefined();
    expect(confirmation.table()).toEqual({ lrs: 'delivered' });
  });

  it('has no violations at first', () => {
    expect(new EmitConfirmation().violations).toEqual([]);
  });

  it('does not wait if its signal was aborted before', async () => {
    const confirmation = new EmitConfirmation();
    confirmation.settle('lrs', 'delivered');
    expect(await confirmation.end(1000, AbortSignal.abort())).toBe('since its signal was aborted');
  });

  it('ends when its signal is aborted, and removes its listener', async () => {
    const confirmation = new EmitConfirmation();
    confirmation.accepted('lrs');
    const controller = new AbortController();
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    const ended = confirmation.end(60_000, controller.signal);
    controller.abort();
    expect(await ended).toBe('since its signal was aborted');
    expect(removed).toHaveBeenCalledTimes(1);
  });

  describe('with a timeout', () => {
    beforeEach(fakeClock);
    afterEach(() => jest.useRealTimers());

    function ending(timeoutMs: number) {
      const confirmation = new EmitConfirmation();
      confirmation.accepted('lrs');
      const after = jest.fn();
      void confirmation.end(timeoutMs, undefined).then(after);
      return after;
    }

    it('ends after it', async () => {
      const after = ending(50);
      await pass(49);
      expect(after).not.toHaveBeenCalled();
      await pass(1);
      expect(after).toHaveBeenCalledWith('since it took more than 50 ms');
    });

    it.each([Infinity, 1e12])('waits for %p instead of ending at once', async (timeoutMs) => {
      const after = ending(timeoutMs);
      await pass(3_600_000);
      expect(after).not.toHaveBeenCalled();
    });

    it('leaves no timer behind', async () => {
      await new EmitConfirmation().end(60_000, undefined);
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});

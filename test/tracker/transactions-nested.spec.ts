import { startTracking } from '../support/start-tracking';
import { failing, gate } from './transaction-parts';

describe('A nested transaction', () => {
  it('hands its events to the outer one, in the order of the emits', async () => {
    const { tracker, names } = await startTracking();
    await tracker.transaction(async () => {
      tracker.emit('a');
      await tracker.transaction(() => tracker.emit('b'));
      tracker.emit('c');
      expect(names()).toEqual([]);
    });
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  it('drops only its own events when it rejects', async () => {
    const { tracker, names, ledger } = await startTracking();
    await tracker.transaction(async () => {
      tracker.emit('a');
      const inner = tracker.transaction(() => {
        tracker.emit('b');
        return failing();
      });
      await inner.catch(() => tracker.emit('c'));
    });
    expect([names(), ledger.tracker().dropped]).toEqual([['a', 'c'], { 'rolled-back': 1 }]);
  });

  it('drops the events of an inner one that had resolved when the outer one rejects', async () => {
    const { tracker, names, ledger } = await startTracking();
    const outer = tracker.transaction(async () => {
      await tracker.transaction(() => tracker.emit('a'));
      await failing();
    });
    await expect(outer).rejects.toThrow();
    expect([names(), ledger.tracker().dropped]).toEqual([[], { 'rolled-back': 1 }]);
  });

  it.each([
    ['sends its events if the outer one has committed before', false, ['a'], {}],
    ['drops its events if the outer one was rolled back before', true, [], { 'rolled-back': 1 }],
  ])('%s', async (_, isRolledBack, sent, dropped) => {
    const { tracker, names, ledger } = await startTracking();
    const { opened, open } = gate();
    let inner: Promise<void> | undefined;
    const outer = tracker.transaction(() => {
      inner = tracker.transaction(async () => {
        tracker.emit('a');
        await opened;
      });
      return isRolledBack ? failing() : undefined;
    });
    await outer.catch(() => undefined);
    expect([names(), ledger.tracker().held]).toEqual([[], 1]);
    open();
    await inner;
    expect([names(), ledger.tracker().dropped, ledger.tracker().held]).toEqual([sent, dropped, 0]);
  });

  it('commits on its own if it is independent', async () => {
    const { tracker, names } = await startTracking();
    const outer = tracker.transaction(async () => {
      tracker.emit('a');
      await tracker.transaction(() => tracker.emit('b'), { independent: true });
      expect(names()).toEqual(['b']);
      await failing();
    });
    await expect(outer).rejects.toThrow();
    expect(names()).toEqual(['b']);
  });
});

import { backend } from '../../src/entries';
import { imbalance } from './books';
import { Gate, quick, startGate as started } from './gate';

describe('The end of a delivery', () => {
  it('sends the events that wait, and reports nothing when nothing is lost', async () => {
    const { tracker, gate, app, counts } = await started({ batch: { maxWaitMs: 60_000 } });
    tracker.emit('e');
    await app.close();
    expect(gate.names).toEqual(['e']);
    expect(counts()).toMatchObject({ accepted: 1, delivered: 1, pending: 0, handedOver: 0 });
  });

  it('drops events that it cannot send in time without a disk, and counts them', async () => {
    const { tracker, gate, app, counts } = await started(quick, {
      shutdownTimeoutMs: 50,
      backends: { gate: backend(Gate, {}, { delivery: quick }) },
    });
    gate.behave = () => new Promise(() => undefined);
    for (let n = 0; n < 5; n++) tracker.emit('e');
    await Promise.all([app.close(), app.close()]);
    expect(counts()).toMatchObject({ accepted: 5, pending: 0, dropped: { shutdown: 5 } });
    expect(imbalance(counts())).toBe(0);
  });

  it('refuses further events, and counts them', async () => {
    const { tracker, app, ledger } = await started();
    await app.close();
    tracker.emit('late');
    expect(ledger.node('gate')?.dropped).toEqual({ closed: 1 });
  });
});

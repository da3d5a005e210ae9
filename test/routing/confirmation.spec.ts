import { Confirmation } from '../../src/routing/confirmation';

describe('Confirmation', () => {
  it('waits for the outcome at each backend that accepted the event', async () => {
    const confirmation = new Confirmation();
    const claims = ['a', 'b'].map((path) => {
      const claim = confirmation.claim(path);
      confirmation.accepted(path);
      return claim;
    });
    confirmation.settle('c', 'filtered');
    expect(confirmation.table()).toEqual({ a: 'pending', b: 'pending', c: 'filtered' });
    let isSettled = false;
    const settled = confirmation.settled().then(() => (isSettled = true));
    claims[0]?.onOutcome('delivered');
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    claims[1]?.onOutcome('stored');
    await settled;
    expect(confirmation.table()).toEqual({ a: 'delivered', b: 'stored', c: 'filtered' });
  });

  it('does not wait for an outcome that is known before the backend has accepted the event', async () => {
    const confirmation = new Confirmation();
    confirmation.claim('a').onOutcome('stored');
    confirmation.accepted('a');
    await confirmation.settled();
    expect(confirmation.table()).toEqual({ a: 'stored' });
  });

  it('does not wait for a backend that refused the event', async () => {
    const confirmation = new Confirmation();
    confirmation.claim('a');
    confirmation.settle('a', 'dropped');
    await confirmation.settled();
    expect(confirmation.table()).toEqual({ a: 'dropped' });
  });

  it('retains no event, and shows one that comes back as dropped', async () => {
    const confirmation = new Confirmation();
    const claim = confirmation.claim('a');
    confirmation.accepted('a');
    expect(claim.isRetained).toBe(false);
    claim.onOutcome('returned');
    await confirmation.settled();
    expect(confirmation.table()).toEqual({ a: 'dropped' });
  });

  it('waits for an event that is not sent yet', async () => {
    const confirmation = new Confirmation();
    const release = confirmation.hold();
    let isSettled = false;
    const settled = confirmation.settled().then(() => (isSettled = true));
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    release();
    await settled;
  });
});

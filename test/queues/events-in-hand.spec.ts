import { EventsInHand } from '../../src/queues/events-in-hand';

/** Records whether a promise has resolved. */
function watch(promise: Promise<void>): { isDone: boolean } {
  const watched = { isDone: false };
  void promise.then(() => (watched.isDone = true));
  return watched;
}

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
};

describe('EventsInHand', () => {
  it('is at rest while nothing was taken', async () => {
    await expect(new EventsInHand().whenAtRest()).resolves.toBeUndefined();
  });

  it('is at rest when every event taken before has left', async () => {
    const inHand = new EventsInHand();
    inHand.take(2);
    const rest = watch(inHand.whenAtRest());
    inHand.leave();
    await settled();
    expect(rest.isDone).toBe(false);
    inHand.leave();
    await settled();
    expect(rest.isDone).toBe(true);
  });

  it('does not wait for events that were taken later', async () => {
    const inHand = new EventsInHand();
    inHand.take(1);
    const first = watch(inHand.whenAtRest());
    inHand.take(1);
    const second = watch(inHand.whenAtRest());
    inHand.leave();
    await settled();
    expect([first.isDone, second.isDone]).toEqual([true, false]);
    inHand.leave();
    await settled();
    expect(second.isDone).toBe(true);
  });

  it('is at rest while a batch waits for capacity, and no longer when it has it', async () => {
    const inHand = new EventsInHand();
    inHand.take(1);
    const before = watch(inHand.whenAtRest());
    let open = (): void => undefined;
    const blocked = inHand.block(new Promise((resolve) => (open = resolve)));
    await settled();
    expect(before.isDone).toBe(true);
    await inHand.whenAtRest();
    open();
    await blocked;
    const after = watch(inHand.whenAtRest());
    await settled();
    expect(after.isDone).toBe(false);
  });
});

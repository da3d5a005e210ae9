import type { Batch } from '../../src/delivery/batch';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { WaitingBatches } from '../../src/delivery/waiting-batches';

function batch(turns: readonly number[], facts: Partial<Batch> = {}): Batch {
  const entries = turns.map((turn) => {
    const event = { id: String(turn), name: `e${String(turn)}`, timestamp: new Date(0), context: {}, data: {} };
    const entry = QueuedEvent.again(event, { acceptedAt: 0 }, 10);
    entry.turn = turn;
    entry.enteredAt = turn * 100;
    return entry;
  });
  return { entries, failures: 0, isSuspect: false, dueAt: 0, triedAt: -Infinity, ...facts };
}

const turns = (taken: Batch | undefined): number[] | undefined => taken?.entries.map(({ turn }) => turn);

describe('WaitingBatches', () => {
  it('stand in the order of their events if that is asked for, and the first holds up the others', () => {
    const waiting = new WaitingBatches(true);
    waiting.add(batch([4, 5], { dueAt: 1 }));
    waiting.add(batch([1], { dueAt: 50 }));
    waiting.add(batch([2, 3], { dueAt: 0 }));
    expect(waiting.nextDueAt).toBe(50);
    expect(waiting.takeDue(49)).toBeUndefined();
    expect([waiting.takeDue(50), waiting.takeDue(50), waiting.takeDue(50)].map(turns)).toEqual([[1], [2, 3], [4, 5]]);
    expect(waiting).toMatchObject({ count: 0, events: 0, bytes: 0, nextDueAt: Infinity });
  });

  it('else stand in the order in which they are due, and those of one time in that in which they came', () => {
    const waiting = new WaitingBatches(false);
    waiting.add(batch([4, 5], { dueAt: 10 }));
    waiting.add(batch([1], { dueAt: 50 }));
    waiting.add(batch([2], { dueAt: 10 }));
    expect([waiting.takeDue(10), waiting.takeDue(10), waiting.takeDue(10)].map(turns)).toEqual([
      [4, 5],
      [2],
      undefined,
    ]);
  });

  it('are taken least tried first for a probe, so that none is every probe', () => {
    const waiting = new WaitingBatches(false);
    for (const n of [1, 2, 3]) waiting.add(batch([n]));
    const probed: number[] = [];
    for (let now = 1; now <= 9; now++) {
      const taken = waiting.takeLeastTried(now)!;
      probed.push(taken.entries[0]!.turn);
      waiting.add({ ...taken, triedAt: now });
    }
    expect(probed).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  it('give up single events and keep the others in their place', () => {
    const waiting = new WaitingBatches(true);
    waiting.add(batch([1, 2, 3]));
    waiting.add(batch([4]));
    waiting.add(batch([5, 6]));
    const odd = waiting.takeEvents(({ turn }) => turn % 2 === 1 || turn === 4);
    expect(odd.map(({ turn }) => turn)).toEqual([1, 3, 4, 5]);
    expect([...waiting].map(turns)).toEqual([[2], [6]]);
    expect(waiting).toMatchObject({ count: 2, events: 2, bytes: 20 });
    expect(waiting.earliest(({ enteredAt }) => enteredAt)).toBe(200);
  });
});

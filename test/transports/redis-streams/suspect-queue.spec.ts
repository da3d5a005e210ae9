import fc from 'fast-check';
import { SuspectQueue } from '../../../src/transports/redis-streams/suspect-queue';

/** Takes all. @returns ids */
function drained(queue: SuspectQueue): string[] {
  const ids: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) ids.push(next.entry.id);
  return ids;
}

describe('Entries that consumers may have died of', () => {
  it('come out by their deliveries, the most first, and then in the order in which they came', () => {
    const ids = fc.uniqueArray(fc.nat(50), { maxLength: 40 });
    fc.assert(
      fc.property(
        ids,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 51, maxLength: 51 }),
        (order, deliveries) => {
          const queue = new SuspectQueue();
          const entries = order.map((id) => ({ id: String(id), deliveries: deliveries[id] ?? 1 }));
          for (const entry of [...entries, ...entries]) queue.add('stream', entry); // each once
          expect(queue.size).toBe(entries.length);
          expect(queue.mostDeliveries).toBe(Math.max(0, ...entries.map((entry) => entry.deliveries)));
          const sorted = [...entries].sort((a, b) => b.deliveries - a.deliveries); // is stable
          expect(drained(queue)).toEqual(sorted.map(({ id }) => id));
          expect([queue.size, queue.mostDeliveries]).toEqual([0, 0]);
        },
      ),
    );
  });

  it('may come again once they were taken', () => {
    const queue = new SuspectQueue();
    queue.add('a', { id: '1', deliveries: 2 });
    queue.add('b', { id: '1', deliveries: 3 });
    expect(queue.take()).toEqual({ key: 'b', entry: { id: '1', deliveries: 3 } });
    queue.add('b', { id: '1', deliveries: 1 });
    expect([queue.take()?.key, queue.take()?.key, queue.take()]).toEqual(['a', 'b', undefined]);
    queue.add('a', { id: '1', deliveries: 2 });
    queue.clear();
    expect(queue.take()).toBeUndefined();
  });

  it.each([1000, 100_000])('are each looked at a bounded number of times (%d entries)', (count) => {
    let looks = 0;
    const queue = new SuspectQueue();
    for (let at = 0; at < count; at++) {
      const id = String(at);
      const entry = {
        id,
        get deliveries() {
          looks++;
          return 1 + (at % 4);
        },
      };
      queue.add('stream', entry);
    }
    let taken = 0;
    for (; queue.mostDeliveries > 2 || queue.size > 0; taken++) queue.take();
    expect(taken).toBe(count);
    expect(looks).toBeLessThanOrEqual(2 * count);
  });
});

import fc from 'fast-check';
import { MemoryQueue } from '../../src/delivery/memory-queue';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { isCollected } from '../support/collected';
import { envelopeOf } from './bare-delivery';

const entryOf = (name: string, text = ''): QueuedEvent => QueuedEvent.of(envelopeOf(name, { text }), 0);
const namesOf = (entries: readonly QueuedEvent[]): string[] => entries.map(({ name }) => name);

describe('MemoryQueue', () => {
  it('gives events in their order, as many as a list would, whatever is put and taken', () => {
    const step = fc.oneof(
      fc.record({ put: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ take: fc.integer({ min: 0, max: 200 }), maxBytes: fc.constantFrom(1, 1000, Infinity) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new MemoryQueue();
        const list: QueuedEvent[] = [];
        let made = 0;
        for (const each of steps) {
          if ('put' in each) {
            const entries = Array.from({ length: each.put }, () => entryOf(`e${String(made++)}`));
            for (const entry of entries) queue.push(entry);
            list.push(...entries);
          } else {
            let bytes = 0;
            const end = list.findIndex(
              (entry, at) =>
                at === each.take || (at > 0 && bytes + entry.bytes > each.maxBytes) || (bytes += entry.bytes) < 0,
            );
            expect(namesOf(queue.take(each.take, each.maxBytes))).toEqual(
              namesOf(list.splice(0, end < 0 ? list.length : end)),
            );
          }
          expect(queue.count).toBe(list.length);
          expect(queue.bytes).toBe(list.reduce((sum, { bytes }) => sum + bytes, 0));
          expect(queue.oldest).toBe(list[0]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is empty and usable after many events were taken at once', () => {
    const queue = new MemoryQueue();
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 20_000; at++) queue.push(entryOf(`e${String(at)}`));
      expect(queue.take(3, Infinity)).toHaveLength(3);
      expect(queue.take(Infinity, Infinity)).toHaveLength(19_997);
      expect(queue).toMatchObject({ count: 0, bytes: 0, oldest: undefined });
    }
  });

  it('releases an event when it is taken, though others wait', async () => {
    const queue = new MemoryQueue();
    const taken = ((): WeakRef<object> => {
      for (const name of ['a', 'b', 'c']) queue.push(entryOf(name));
      return new WeakRef(queue.take(1, Infinity)[0] as object);
    })();
    expect(await isCollected(taken)).toBe(true);
    expect(namesOf(queue.take(10, Infinity))).toEqual(['b', 'c']);
  });
});

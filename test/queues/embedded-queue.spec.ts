import type { QueuedEvent } from '../../src/delivery/queued-event';
import type { Envelope } from '../../src/event/envelope';
import type { CarrierHost } from '../../src/queues/event-carrier';
import { EmbeddedQueue } from '../../src/queues/embedded-queue';
import type { EventWork } from '../../src/queues/event-work';
import type { WorkItem } from '../../src/routing/queued-backend';
import { envelopeOf } from '../routing/tree-parts';

/** Entry of the delivery before the queue; `envelope` is what the work reads from it. */
interface Entry {
  readonly envelope: Envelope | Error;
}

const asEntries = (entries: readonly Entry[]): QueuedEvent[] => entries as unknown as QueuedEvent[];

/** Queue whose work records the items, and reports those with these names as done. */
function queueWith(done: readonly string[], isProcessed = false): { queue: EmbeddedQueue; items: WorkItem[] } {
  const items: WorkItem[] = [];
  const work = {
    envelopeOf: ({ envelope }: Entry) => {
      if (envelope instanceof Error) throw envelope;
      return envelope;
    },
    run: (given: readonly WorkItem[], onDone: (index: number) => void) => {
      items.push(...given);
      for (const [index, { envelope }] of given.entries()) if (done.includes(envelope.name)) onDone(index);
      return Promise.resolve();
    },
    whenAtRest: () => Promise.resolve(),
  };
  const queue = new EmbeddedQueue(isProcessed);
  queue.attach({ work: work as unknown as EventWork } as CarrierHost);
  return { queue, items };
}

describe('EmbeddedQueue', () => {
  it('rejects events before the application has started', async () => {
    await expect(new EmbeddedQueue(false).send([])).rejects.toThrow('the application has not started');
  });

  it('accepts the events that are done', async () => {
    const { queue, items } = queueWith(['a', 'b']);
    const entries = ['a', 'b'].map((name) => ({ envelope: envelopeOf(name) }));
    await expect(queue.send(asEntries(entries))).resolves.toBeUndefined();
    expect(items.map(({ envelope }) => envelope.name)).toEqual(['a', 'b']);
  });

  it('keeps an event that is not done, to be sent again', async () => {
    const { queue } = queueWith(['a']);
    const entries = ['a', 'b'].map((name) => ({ envelope: envelopeOf(name) }));
    await expect(queue.send(asEntries(entries))).resolves.toEqual([
      { index: 1, reason: 'the application is closing', retryable: true },
    ]);
  });

  it('rejects an event for good that cannot be read, and sends the others', async () => {
    const { queue } = queueWith(['a', 'c']);
    const entries = [{ envelope: envelopeOf('a') }, { envelope: new Error('torn') }, { envelope: envelopeOf('c') }];
    await expect(queue.send(asEntries(entries))).resolves.toEqual([
      { index: 1, reason: expect.stringMatching(/^unreadable: .*torn$/), retryable: false },
    ]);
  });

  it('says whether the processors ran before the queue', async () => {
    const { queue, items } = queueWith(['a'], true);
    await queue.send(asEntries([{ envelope: envelopeOf('a') }]));
    expect(items[0]?.isProcessed).toBe(true);
  });

  it('asks for its events at once, one batch at a time', () => {
    const { queue } = queueWith([]);
    expect(queue.delivery).toMatchObject({ batch: { maxWaitMs: 0 }, ordered: true });
    expect(queue.isLocal).toBe(true);
  });
});

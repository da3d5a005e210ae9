import type { QueuedEvent } from '../../../src/delivery/queued-event';
import { BullSender } from '../../../src/transports/bull/bull-sender';
import type { QueueWatch } from '../../../src/transports/bull/queue-watch';
import { FakeQueue } from './fake-queue';

/** A sender to a fake queue, and what it reports to its watch. */
function setUp() {
  const queue = new FakeQueue();
  const log: string[] = [];
  const state = { hasRoom: true };
  const watch = {
    emitter: 'process',
    memory: {
      hasRoom: () => Promise.resolve(state.hasRoom),
      refused: () => log.push('refused'),
      add: (bytes: number) => log.push(`bytes ${String(bytes)}`),
    },
    look: jest.fn(() => Promise.resolve()),
    put: (count: number, emitter: string) => log.push(`put ${String(count)} ${emitter}`),
  };
  const address = { tracker: 'default', path: 'later', isProcessed: true };
  return { queue, log, state, watch, sender: new BullSender(queue.asQueue, watch as unknown as QueueWatch, address) };
}

function entry(id: string, raw?: object): QueuedEvent {
  const event = { id, name: 'e', timestamp: new Date(0), context: {}, data: raw === undefined ? {} : { raw } };
  const facts = raw === undefined ? {} : { isRaw: true };
  const texts = { text: () => JSON.stringify(event), dates: () => undefined };
  return { id, acceptedAt: 1, bytes: 100, facts, event: () => event, ...texts } as unknown as QueuedEvent;
}

describe('BullSender', () => {
  it('adds a batch as one job, checks the queue with it, and counts its events', async () => {
    const { queue, log, watch, sender } = setUp();
    await sender.send([entry('a'), entry('b')]);
    expect(queue.added).toEqual([
      {
        name: 'tracking-events',
        data: expect.objectContaining({
          ...{ format: 1, tracker: 'default', path: 'later', emitter: 'process', processed: true },
          events: [expect.objectContaining({ id: 'a' }), expect.objectContaining({ id: 'b' })],
        }) as unknown,
        options: expect.objectContaining({ attempts: 1000, timeout: 0, removeOnFail: false }) as unknown,
      },
    ]);
    expect([log, watch.look.mock.calls.length]).toEqual([['put 2 process', 'bytes 200'], 1]);
  });

  it('gives the same events the same job, so that a lost reply adds them once', async () => {
    const { queue, sender } = setUp();
    for (let at = 0; at < 2; at++) await sender.send([entry('a')]);
    const [first, second] = queue.added.map(({ options }) => options['jobId']);
    expect(first).toBe(second);
  });

  it('adds unreadable jobs unchanged, each as a job of its own', async () => {
    const { queue, log, sender } = setUp();
    await sender.send([entry('a', { format: 2 }), entry('b', { format: 3 })]);
    expect([queue.added.map(({ data }) => data), log[0]]).toEqual([[{ format: 2 }, { format: 3 }], 'put 0 process']);
    await sender.send([entry('a', { format: 2 }), entry('c')]);
    expect([queue.added.length, log[2]]).toEqual([4, 'put 1 process']);
  });

  it('sends nothing without a connection, since events in the client would be lost', async () => {
    const { queue, log, sender } = setUp();
    queue.client.status = 'reconnecting';
    await expect(sender.send([entry('a')])).rejects.toMatchObject({
      message: 'the Redis of the queue "tracking" is not connected (reconnecting)',
      retryable: true,
    });
    expect([queue.added, log]).toEqual([[], []]);
  });

  it('waits for a first connection', async () => {
    const { queue, sender } = setUp();
    queue.client.status = 'connecting';
    const sent = sender.send([entry('a')]);
    queue.client.connect();
    await sent;
    expect(queue.added).toHaveLength(1);
  });

  it('sends nothing to a Redis that is full', async () => {
    const { queue, state, sender } = setUp();
    state.hasRoom = false;
    await expect(sender.send([entry('a')])).rejects.toMatchObject({
      message: 'the Redis of the queue "tracking" is full',
      retryable: true,
    });
    expect(queue.added).toEqual([]);
  });

  it('reports a Redis that refuses the job for lack of memory', async () => {
    const { queue, log, sender } = setUp();
    jest.spyOn(queue, 'add').mockRejectedValue(new Error('OOM command not allowed'));
    await expect(sender.send([entry('a')])).rejects.toThrow('is full');
    expect(log).toEqual(['refused']);
  });

  it('fails like the job or the check of the queue, and counts nothing', async () => {
    const { queue, log, watch, sender } = setUp();
    watch.look.mockRejectedValueOnce(new Error('the connection was lost'));
    await expect(sender.send([entry('a')])).rejects.toThrow('the connection was lost');
    jest.spyOn(queue, 'add').mockRejectedValue(new Error('Missing key'));
    await expect(sender.send([entry('a')])).rejects.toThrow('Missing key');
    expect(log).toEqual([]);
  });
});

import { JobRunner } from '../../../src/transports/bull/job-runner';
import { BullNodes } from '../../../src/transports/bull/bull-nodes';
import { eventJob, eventOf, FakeQueue, jobOf, nodeOf } from './fake-queue';

/** A runner with the node `later`, and what it does. */
function setUp(unclaimedTries = 2) {
  const queue = new FakeQueue();
  const nodes = new BullNodes();
  const later = nodeOf();
  nodes.add(later.node);
  const log: string[] = [];
  const runner = new JobRunner({
    ...{ queueName: 'tracking', nodes, unclaimedTries },
    burial: {
      bury: (_job, _read, reason) => log.push(`bury ${reason}`),
      buryRaw: (_job, reason) => log.push(`raw ${reason}`),
      buryUnreadable: (_job, unreadable) => {
        for (const { index, reason } of unreadable) log.push(`event ${String(index)} ${reason}`);
      },
    },
    warnOnce: (key, text) => log.push(`warn ${key}: ${text}`),
    whenPaused: () => Promise.resolve(log.push('paused')),
  });
  /** The numbers of settled events, and the ids of those left in the job. */
  const updates = (): unknown[] =>
    queue.client.eval.mock.calls
      .filter(([script]) => String(script).includes('HSET'))
      .map((call) => [
        call[4],
        (JSON.parse(String(call[6])) as { events: { id: string }[] }).events.map(({ id }) => id),
      ]);
  return { queue, later, log, runner, updates };
}

describe('JobRunner', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 0, doNotFake: ['nextTick', 'setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('passes the events to their node, and counts them as settled', async () => {
    const { queue, later, log, runner, updates } = setUp();
    await runner.run(jobOf(queue, eventJob([eventOf('1'), eventOf('2')])).job);
    expect([later.given, updates(), log]).toEqual([['1', '2'], [[2, []]], []]);
  });

  it('ends a job whose events are all finished, though Redis cannot be updated', async () => {
    const { queue, runner } = setUp();
    queue.client.eval.mockRejectedValue(new Error('the connection was lost'));
    await expect(runner.run(jobOf(queue, eventJob([eventOf('1')])).job)).resolves.toBeUndefined();
  });

  it('returns a job with only its unfinished events, once the worker takes no more jobs', async () => {
    const { queue, later, log, runner, updates } = setUp();
    later.unfinished.add('2');
    const { job } = jobOf(queue, eventJob([eventOf('1'), eventOf('2')]));
    await expect(runner.run(job)).rejects.toThrow('the worker closes: 1 events go back to the queue');
    expect([updates(), log]).toEqual([[[1, ['2']]], ['paused']]);
  });

  it('keeps a job whose unfinished events could not be written', async () => {
    const { queue, later, runner } = setUp();
    later.unfinished.add('1');
    queue.client.eval.mockRejectedValue(new Error('the connection was lost'));
    await expect(runner.run(jobOf(queue, eventJob([eventOf('1')])).job)).rejects.toThrow('the connection was lost');
  });

  it('returns a job to a full Redis too', async () => {
    const { queue, later, runner } = setUp();
    later.unfinished.add('1');
    const { job, moves } = jobOf(queue, eventJob([eventOf('1')]));
    job.moveToFailed = () => Promise.reject(new Error('OOM command not allowed'));
    await runner.run(job).catch(() => undefined);
    await job.moveToFailed({ message: 'the worker closes' });
    expect(moves).toEqual(['delayed 0']);
  });

  it('buries single events that cannot be read or converted, and processes the others', async () => {
    const { queue, later, log, runner, updates } = setUp();
    await runner.run(jobOf(queue, eventJob([{ id: 7 }, eventOf('odd'), eventOf('3')])).job);
    expect([later.given, updates()]).toEqual([['3'], [[3, []]]]);
    expect(log).toEqual([
      'event 0 one of its events cannot be read: it has no id or no name',
      'event 1 one of its events cannot be read: Error: no envelope',
    ]);
  });

  it('buries a job that no version can read, and ends it', async () => {
    const { queue, log, runner } = setUp();
    await runner.run(jobOf(queue, 'text').job);
    expect(log).toEqual(['raw its data is not an object']);
  });

  it('buries a job whose data throws while it is read', async () => {
    const { queue, log, runner } = setUp();
    const data = Object.defineProperty({ format: 1 }, 'tracker', {
      enumerable: true,
      get: () => {
        throw new Error('trap');
      },
    });
    await runner.run(jobOf(queue, data).job);
    expect(log).toEqual([expect.stringContaining('raw it cannot be read: ')]);
  });

  it.each([
    [
      'of an unknown node',
      eventJob([eventOf('1')], { path: 'other' }),
      'this worker has no AsyncRoutingBackend "other"',
    ],
    ['of a newer format', { format: 2 }, 'it has format 2'],
  ])('returns a job %s to the queue for other workers, later each time', async (_, data, reason) => {
    const { queue, log, runner } = setUp(8);
    const delays: string[] = [];
    for (const times of [1, 2, 8]) {
      queue.client.eval.mockResolvedValueOnce(times);
      const { job, moves } = jobOf(queue, data);
      await expect(runner.run(job)).rejects.toThrow(reason);
      await job.moveToFailed({ message: reason });
      delays.push(...moves);
    }
    expect(delays).toEqual(['delayed 1000', 'delayed 2000', 'delayed 60000']);
    expect(log[0]).toMatch(/^warn unclaimed .*jobs of the queue "tracking" go back to it.*Fix: deploy the workers/);
  });

  it('buries a job of an unknown node when it has come back too often, and counts its events', async () => {
    const { queue, log, runner, updates } = setUp(2);
    queue.client.eval.mockResolvedValueOnce(3);
    await runner.run(jobOf(queue, eventJob([eventOf('1')], { path: 'other' })).job);
    expect(log).toEqual([
      'bury unknown-path: this worker has no AsyncRoutingBackend "other" of tracker "default"; it has "later" of tracker "default"',
    ]);
    expect(updates()).toEqual([[1, []]]);
  });
});

import { setImmediate as turn } from 'node:timers/promises';
import { BullNodes } from '../../../src/transports/bull/bull-nodes';
import { BullWorker } from '../../../src/transports/bull/bull-worker';
import { eventJob, eventOf, FakeQueue, jobOf, nodeOf } from './fake-queue';

const workers: BullWorker[] = [];

/** A worker of a fake queue, with the node `later`. */
function setUp(status = 'ready') {
  const queue = new FakeQueue();
  queue.client.status = status;
  const nodes = new BullNodes();
  const later = nodeOf();
  nodes.add(later.node);
  const warnings: string[] = [];
  const warn = (text: string): number => warnings.push(text);
  const options = { concurrency: 3, unclaimedTries: 1 };
  const worker = new BullWorker(queue.asQueue, nodes, options, { warn, warnOnce: (_key, text) => warn(text) });
  workers.push(worker);
  return { queue, later, warnings, worker };
}

const settled = async (): Promise<void> => {
  for (let at = 0; at < 10; at++) await turn();
};

describe('BullWorker', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) {
      await worker.end();
      const given = worker.giveBack();
      await jest.advanceTimersByTimeAsync(10_000);
      await given;
    }
    jest.useRealTimers();
  });

  it('processes jobs as soon as Redis answers, with the given concurrency', async () => {
    const { queue, later, worker } = setUp();
    worker.begin();
    worker.begin();
    await settled();
    expect(queue.process).toHaveBeenCalledTimes(1);
    expect(queue.process.mock.calls[0]?.slice(0, 2)).toEqual(['tracking-events', 3]);
    await queue.handler(jobOf(queue, eventJob([eventOf('1')])).job);
    expect(later.given).toEqual(['1']);
  });

  it('waits for a Redis that is ready and answers', async () => {
    const { queue, worker } = setUp('connecting');
    worker.begin();
    await settled();
    expect(queue.client.ping).not.toHaveBeenCalled();
    queue.client.ping.mockRejectedValueOnce(new Error('NOAUTH'));
    queue.client.connect();
    await settled();
    expect(queue.process).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1000); // asks again without an event
    expect(queue.process).toHaveBeenCalledTimes(1);
  });

  it('processes once, and searches for finished and failed jobs on each connection', async () => {
    const { queue, worker } = setUp();
    worker.begin();
    await settled();
    queue.client.connect();
    await settled();
    expect(
      [queue.process, queue.client.zrangebyscore, queue.client.zrange].map((each) => each.mock.calls.length),
    ).toEqual([1, 2, 2]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(queue.client.zrange).toHaveBeenCalledTimes(3);
  });

  it('does not end the process when Bull cannot name the worker', async () => {
    const { queue, worker } = setUp();
    const nameWorker = queue.setWorkerName;
    worker.begin();
    await settled();
    await expect(queue.setWorkerName()).resolves.toBeUndefined();
    expect(nameWorker).toHaveBeenCalledTimes(1);
  });

  it('reports that the queue cannot be processed, unless it ends', async () => {
    for (const isEnding of [false, true]) {
      const { queue, warnings, worker } = setUp();
      worker.begin();
      await settled();
      if (isEnding) await worker.end();
      queue.failProcessing(new Error('Missing process handler'));
      await settled();
      expect(warnings).toEqual(
        isEnding ? [] : ['the queue "tracking" cannot be processed: Error: Missing process handler'],
      );
    }
  });

  it('removes each finished job of its own name', async () => {
    const { queue, worker } = setUp();
    worker.begin();
    await settled();
    queue.emit('completed', jobOf(queue, {}, '1').job);
    queue.emit('completed', jobOf(queue, {}, '2', 'own-name').job);
    queue.client.eval.mockClear();
    worker.end().catch(() => undefined);
    await worker.giveBack();
    expect(queue.client.eval.mock.calls.map((call) => call.at(-1))).toEqual(['1']);
  });

  it('buries a job that Bull has abandoned, and no other failed one', async () => {
    const { queue, later, worker } = setUp();
    worker.begin();
    await settled();
    const returned = jobOf(queue, eventJob([eventOf('a')]), '1').job;
    jest.mocked(returned.isFailed).mockResolvedValue(false);
    const abandoned = jobOf(queue, eventJob([eventOf('b')]), '2').job;
    const own = jobOf(queue, eventJob([eventOf('c')]), '3', 'own-name').job;
    for (const job of [returned, abandoned, own, null]) queue.emit('failed', job, new Error('stalled'));
    await settled();
    expect(later.letters).toEqual(['later: b (given-up: Bull abandoned the job: stalled)']);
  });

  it('searches for failed jobs when Bull meets a job that is not JSON', async () => {
    const { queue, worker } = setUp();
    worker.begin();
    await settled();
    queue.emit('error', new Error('ECONNRESET'));
    await settled();
    queue.emit('error', new SyntaxError('Unexpected token'));
    await settled();
    expect(queue.client.zrange).toHaveBeenCalledTimes(2);
  });

  it('takes no more jobs after `end`, and never connects again to do so', async () => {
    const { queue, worker } = setUp();
    worker.begin();
    await settled();
    await worker.end();
    await worker.end();
    expect(queue.pause.mock.calls).toEqual([[true, true]]);
    await expect(queue.bclient.connect()).resolves.toBeUndefined();
  });

  it('never starts to process if it ends before Redis answers', async () => {
    const { queue, worker } = setUp('connecting');
    worker.begin();
    await worker.end();
    queue.client.connect();
    await settled();
    expect([queue.process.mock.calls.length, queue.pause.mock.calls.length]).toEqual([0, 0]);
  });

  it('waits in `giveBack` for running jobs, for two seconds at most', async () => {
    const { queue, later, worker } = setUp();
    worker.begin();
    await settled();
    let finish = (): void => undefined;
    jest.spyOn(later.node.work, 'run').mockReturnValue(new Promise<void>((resolve) => (finish = resolve)));
    void queue.handler(jobOf(queue, eventJob([eventOf('1')])).job).catch(() => undefined);
    await worker.end();
    let isOver = false;
    const given = worker.giveBack().then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(1999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await given;
    finish();
  });

  it('returns jobs that it has taken and not started, and no others', async () => {
    const { queue, later, worker } = setUp();
    worker.begin();
    await settled();
    jest.spyOn(later.node.work, 'run').mockReturnValue(new Promise(() => undefined));
    void queue.handler(jobOf(queue, eventJob([eventOf('1')]), 'running').job);
    const moves = ['running', 'taken', 'other', 'own'].map(
      (id) => jobOf(queue, eventJob([]), id, id === 'own' ? 'own-name' : undefined).moves,
    );
    queue.client.lrange.mockResolvedValue(['running', 'taken', 'other', 'own', 'not JSON']);
    queue.client.get.mockImplementation((key) => Promise.resolve(key.includes('other') ? 'its-token' : 'own-token'));
    await worker.end();
    const given = worker.giveBack();
    await jest.advanceTimersByTimeAsync(2000);
    await given;
    expect(moves).toEqual([[], ['failed the worker closes'], [], []]);
  });

  it('gives nothing back to a Redis that does not answer', async () => {
    const { queue, worker } = setUp();
    worker.begin();
    await settled();
    queue.client.status = 'reconnecting';
    await worker.end();
    await worker.giveBack();
    expect(queue.client.lrange).not.toHaveBeenCalled();
  });
});

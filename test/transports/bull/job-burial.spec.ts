import { BullNodes } from '../../../src/transports/bull/bull-nodes';
import { readJob, type ReadJob } from '../../../src/transports/bull/event-job';
import { JobBurial } from '../../../src/transports/bull/job-burial';
import { eventJob, eventOf, FakeQueue, jobOf, nodeOf, type FakeNode } from './fake-queue';

/** A burial in an application that has these nodes. */
function setUp(...fakes: FakeNode[]) {
  const queue = new FakeQueue();
  const nodes = new BullNodes();
  for (const { node } of fakes) nodes.add(node);
  const warnings: string[] = [];
  const burial = new JobBurial(queue.asQueue, nodes, { warnOnce: (_key, text) => warnings.push(text) });
  /** Numbers of settled events with which jobs were removed. */
  const removed = (): unknown[] => queue.client.eval.mock.calls.map((call) => [call[8], call[6]]);
  return { queue, burial, warnings, removed };
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let at = 0; at < depth; at++) value = { value };
  return value;
};

describe('JobBurial', () => {
  it('keeps the events of a job under the path of its node', () => {
    const [first, later] = [nodeOf('first'), nodeOf()];
    const { queue, burial, warnings } = setUp(first, later);
    const { job } = jobOf(queue, eventJob([eventOf('1'), eventOf('2')]));
    burial.bury(job, readJob(job.data) as ReadJob, 'why');
    expect([first.letters, first.raws]).toEqual([['later: 1 (why)', 'later: 2 (why)'], []]);
    expect(warnings).toEqual(['events became dead letters: why. See TrackingDeadLetters. (Logged once.)']);
  });

  it('keeps each event as a job of its own if the node is not present', () => {
    const other = nodeOf('other');
    const { queue, burial } = setUp(other);
    const { job } = jobOf(queue, eventJob([eventOf('1'), eventOf('2')]));
    burial.bury(job, readJob(job.data) as ReadJob, 'why');
    expect(other.letters).toEqual(['other: 1 (why)', 'other: 2 (why)']);
    expect(other.raws).toEqual([
      { ...eventJob([eventOf('1')]), length: 50 },
      { ...eventJob([eventOf('2')]), length: 50 },
    ]);
  });

  it('keeps unreadable events as jobs of their own, which can be redriven', () => {
    const later = nodeOf();
    const { queue, burial } = setUp(later);
    const { job } = jobOf(queue, eventJob([{ odd: true }, eventOf('2')]));
    burial.bury(job, readJob(job.data) as ReadJob, 'why');
    expect(later.letters).toEqual([
      'later: 7 (unreadable: one of its events cannot be read: it has no id or no name)',
      'later: 2 (why)',
    ]);
    expect(later.raws).toMatchObject([{ events: [{ odd: true }] }]);
  });

  it('keeps raw data under the path of the keeper if it names none', () => {
    const later = nodeOf();
    const { queue, burial, warnings } = setUp(later);
    burial.buryRaw(jobOf(queue, null).job, 'why');
    burial.buryRaw(jobOf(queue, { path: 'named' }).job, 'why');
    expect(later.letters).toEqual(['later: 7 (unreadable: why)', 'named: 7 (unreadable: why)']);
    expect(warnings[0]).toBe(
      'a job of the queue "tracking" became a dead letter: why. See TrackingDeadLetters. (Logged once.)',
    );
  });

  it('cuts values that are nested too deeply to be written', () => {
    const later = nodeOf();
    const { queue, burial } = setUp(later);
    burial.buryRaw(jobOf(queue, { deep: nested(2000) }).job, 'why');
    expect(() => JSON.stringify(later.raws)).not.toThrow();
    expect(JSON.stringify(later.raws).length).toBeLessThan(10_000);
  });

  it('keeps nothing and logs nothing without a node', () => {
    const { queue, burial, warnings } = setUp();
    const { job } = jobOf(queue, eventJob([eventOf('1')]));
    burial.bury(job, readJob(job.data) as ReadJob, 'why');
    burial.buryRaw(job, 'why');
    expect(warnings).toEqual([]);
  });

  describe('of failed jobs', () => {
    const failed = (...pages: string[][]) => {
      const later = nodeOf();
      const set = setUp(later);
      set.queue.client.zrange.mockImplementation(() => Promise.resolve(pages.shift() ?? []));
      return { later, ...set };
    };

    it('buries and removes them, and leaves those of the application', async () => {
      const { later, queue, burial, removed } = failed(['1', 'own'], ['own'], []);
      jobOf(queue, eventJob([eventOf('a')]), '1');
      jobOf(queue, eventJob([eventOf('b')]), 'own', 'own-name');
      await burial.sweep();
      expect(later.letters).toEqual(['later: a (given-up: Bull abandoned the job: stalled)']);
      expect(removed()).toEqual([['1', 1]]);
      expect(queue.client.zrange.mock.calls.map(([, from]) => from)).toEqual([0, 1, 2]);
    });

    it.each([['takeLock'], ['isFailed']] as const)('leaves them to another worker: %s', async (method) => {
      const { later, queue, burial, removed } = failed();
      const { job } = jobOf(queue, eventJob([eventOf('a')]));
      jest.mocked(job[method] as () => Promise<boolean>).mockResolvedValue(false);
      expect(await burial.buryFailed(job, 'why')).toBe(false);
      expect([later.letters, removed()]).toEqual([[], []]);
    });

    it('removes a job without events and buries one that cannot be read', async () => {
      const { later, queue, burial, removed } = failed();
      expect(await burial.buryFailed(jobOf(queue, eventJob([])).job, 'why')).toBe(true);
      expect(await burial.buryFailed(jobOf(queue, 'text', '8').job, 'why')).toBe(true);
      expect(later.letters).toEqual(['later: 8 (unreadable: its data is not an object)']);
      expect(removed()).toEqual([
        ['7', 0],
        ['8', 0],
      ]);
    });

    it.each([
      ['tracking-events', 'OK', ['later: 1 (unreadable: it is not JSON)']],
      ['own-name', 'OK', []],
      ['tracking-events', null, []],
    ])('buries a job that is not JSON, named %s, with the lock %s', async (name, lock, letters) => {
      const { later, queue, burial, removed } = failed(['1'], []);
      jest.spyOn(queue, 'getJob').mockRejectedValue(new SyntaxError('Unexpected token'));
      queue.client.hmget.mockResolvedValue([name, '{"format":1,', '1000']);
      queue.client.set.mockResolvedValue(lock);
      await burial.sweep();
      expect([later.letters, removed()]).toEqual([letters, letters.map(() => ['1', 0])]);
    });

    it('ends the search with an error of Redis', async () => {
      const { queue, burial } = failed(['1']);
      jest.spyOn(queue, 'getJob').mockRejectedValue(new Error('the connection was lost'));
      await expect(burial.sweep()).rejects.toThrow('the connection was lost');
    });
  });
});

import { randomUUID } from 'node:crypto';
import Bull from 'bull';
import fc from 'fast-check';
import { MissingJobs } from '../../../src/transports/bull/missing-jobs';
import { QueueWatch } from '../../../src/transports/bull/queue-watch';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';

describe('MissingJobs', () => {
  const looks = (count: number, look: Parameters<MissingJobs['areGone']>[0], missing = new MissingJobs()): boolean[] =>
    Array.from({ length: count }, () => missing.areGone(look));

  it('are gone when a queue without jobs has owed the same events for six looks', () => {
    expect(looks(7, { jobs: 0, added: 100, settled: 40 })).toEqual([false, false, false, false, false, true, false]);
  });

  it('are not gone while there are jobs, nothing is owed, or anything moves', () => {
    const missing = new MissingJobs();
    const step = fc.record({ jobs: fc.constantFrom(0, 1), added: fc.nat(3), settled: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const own = new MissingJobs();
        for (const [at, look] of steps.entries()) {
          const six = steps.slice(Math.max(at - 5, 0), at + 1);
          const isStill = six.length === 6 && six.every((each) => each.jobs === 0 && each.added > each.settled);
          const isSame = six.every(({ added, settled }) => added === look.added && settled === look.settled);
          if (own.areGone(look)) expect([isStill, isSame]).toEqual([true, true]);
        }
      }),
    );
    expect(looks(10, { jobs: 0, added: 5, settled: 5 }, missing)).not.toContain(true);
  });
});

describeWithServices(['redis'], 'A queue whose jobs are taken away', ({ redis }) => {
  it.each([
    ['obliterate', (queue: Bull.Queue) => queue.obliterate({ force: true })],
    ['empty', (queue: Bull.Queue) => queue.empty()],
    ['clean', (queue: Bull.Queue) => queue.clean(0, 'wait')],
    ['removeJobs', (queue: Bull.Queue) => queue.removeJobs('*')],
  ])('is reported once with what it owed at most: %s', async (_, takeAway) => {
    const queue = new Bull(randomUUID(), redis);
    const warnings: string[] = [];
    const watch = new QueueWatch(queue, { warn: (text) => warnings.push(text), tell: () => undefined }, 20);
    watch.begin();
    await watch.look();
    await queue.add('tracking-events', {});
    watch.put(100, watch.emitter);
    await until(() => watch.read().waitingJobs === 1);
    await takeAway(queue);
    await until(() => watch.read().emptiedEvents === 100);
    expect(watch.read()).toMatchObject({ unsettledEvents: 0, emptiedEvents: 100 });
    await until(() => watch.read().waitingJobs === 0);
    expect(warnings.filter((text) => /holds no jobs any more.*at most 100 .*Fix: /.test(text))).toHaveLength(1);
    watch.end();
    await queue.obliterate({ force: true });
    await queue.close();
  });
});

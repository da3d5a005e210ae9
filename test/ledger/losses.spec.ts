import { backend, MemoryBackend, type NodeCounts, type TrackerCounts } from '../../src/entries';
import { lossesOf } from '../../src/ledger/losses';
import { isConfigured, isLoss } from '../../src/ledger/reasons';
import type { Destination, DestinationCounts, TrackingEvent } from '../../src/entries';
import type { DeliveryCounts } from '../../src/entries/types';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const tracker: TrackerCounts = {
  ...{
    name: 'default',
    emitted: 0,
    redriven: 0,
    dropped: {},
    waiting: 0,
    held: 0,
    outbox: 0,
    relayed: 0,
    replaced: {},
    oddNames: 0,
  },
  ...{ uncertainContexts: 0, forgottenDeadLetters: {}, violations: {}, failures: {} },
};
const node = (counts: Partial<NodeCounts>): NodeCounts => ({
  ...{ path: 'lrs', received: 0, passed: 0, dropped: {}, failures: {} },
  ...counts,
});
const delivery: DeliveryCounts = { accepted: 9, delivered: 0, dropped: {}, pending: 9 };
const lossesIn = (nodes: NodeCounts[], dropped: Record<string, number> = {}) =>
  lossesOf({ tracker: () => ({ ...tracker, dropped }), nodes: () => nodes });

describe('lossesOf', () => {
  it('lists drops before the tree, at a node, in its delivery and behind its queue', () => {
    const delivery = { accepted: 9, delivered: 0, dropped: { shutdown: 3 }, pending: 6 };
    const work = {
      received: 4,
      settled: 0,
      dropped: { loop: 4 },
      deadLettered: 0,
      returned: 0,
      pending: 0,
      failures: {},
    };
    expect(
      lossesIn([node({ path: '', dropped: { 'no-backend': 2 } }), node({ delivery, work })], { 'not-ready': 1 }),
    ).toEqual([
      { node: 'before the tree', reason: 'not-ready', count: 1 },
      { node: 'the root', reason: 'no-backend', count: 2 },
      { node: 'lrs', reason: 'shutdown', count: 3 },
      { node: 'lrs', reason: 'loop', count: 4 },
    ]);
  });

  it('adds up one reason at one place', () => {
    const delivery = { accepted: 9, delivered: 0, dropped: { 'queue-full': 3 }, pending: 6 };
    expect(lossesIn([node({ dropped: { 'queue-full': 2 }, delivery })])).toEqual([
      { node: 'lrs', reason: 'queue-full', count: 5 },
    ]);
  });

  it('lists queues that were emptied', () => {
    const queue = { waitingJobs: 0, activeJobs: 0, unsettledEvents: 0, emptiedEvents: 7, lookedAt: undefined };
    expect(lossesIn([node({ queue })])).toEqual([{ node: 'lrs', reason: 'queue emptied', count: 7 }]);
  });

  it('lists lost dead letters of a destination, and those of paths that are none', () => {
    const counts = {
      tracker: () => ({ ...tracker, forgottenDeadLetters: { 'catalog:rejected': 295 } }),
      nodes: () => [node({ delivery: { ...(delivery as DestinationCounts), forgottenDeadLetters: 4 } })],
    };
    expect(lossesOf(counts)).toEqual([
      { node: 'lrs', reason: 'forgotten dead letters', count: 4 },
      { node: 'catalog:rejected', reason: 'forgotten dead letters', count: 295 },
    ]);
  });

  it('lists neither configured drops nor the reasons of a destination', () => {
    expect(lossesIn([node({ dropped: { sampled: 4, 'no-user': 2, invalid: 1 } })])).toEqual([]);
  });
});

describe('Drop reasons', () => {
  it('of a destination are neither configured nor losses', () => {
    expect([isConfigured('no-user'), isLoss('no-user'), isLoss('toString')]).toEqual([false, false, false]);
  });
});

class RefusesAll implements Destination {
  refuses(): string {
    return 'no-user';
  }

  sendBatch(_events: readonly TrackingEvent[]): Promise<void> {
    return Promise.resolve();
  }
}

describe('A destination that refuses an event with a reason of its own', () => {
  it('causes no warning and no line at the close', async () => {
    const logger = new RecordingLogger();
    const run = await startTracking({
      logger,
      backends: { refusing: backend(RefusesAll), memory: backend(MemoryBackend) },
    });
    run.tracker.emit('seen', {});
    expect(run.ledger.node('refusing')!.dropped).toEqual({ 'no-user': 1 });
    await run.app.close();
    expect(logger.warnings).toEqual([]);
  });
});

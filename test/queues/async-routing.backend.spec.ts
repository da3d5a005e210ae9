import { Injectable } from '@nestjs/common';
import {
  AsyncRoutingBackend,
  backend,
  MemoryBackend,
  NameAllowlist,
  processor,
  type AsyncProcessor,
  type TrackingEvent,
} from '../../src/entries';
import { startTracking } from '../support/start-tracking';

@Injectable()
class AddOrg implements AsyncProcessor {
  async processAsync(event: TrackingEvent): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, event.name === 'slow' ? 20 : 1));
    event.data['org'] = 'edX';
  }
}

describe('An AsyncRoutingBackend without a queue of its own', () => {
  it('gives events to its children after emit has returned, with their ids, dates and contexts', async () => {
    const { tracker, events } = await startTracking({
      backends: {
        now: backend(MemoryBackend),
        later: backend(AsyncRoutingBackend, {}, { backends: { memory: backend(MemoryBackend) } }),
      },
    });
    const at = new Date(5);
    tracker.context({ user_id: 7 }, () => {
      tracker.emit('a', { at });
      tracker.emit('b');
    });
    expect(events('later/memory')).toEqual([]);
    await tracker.flush();
    expect(events('later/memory')).toEqual(events('now'));
    expect(events('later/memory')[0]).toMatchObject({ name: 'a', data: { at }, context: { user_id: 7 } });
  });

  it('waits for what its processors wait for, and keeps the order', async () => {
    const { tracker, events } = await startTracking({
      backends: {
        later: backend(
          AsyncRoutingBackend,
          {},
          { processors: [processor(AddOrg)], backends: { memory: backend(MemoryBackend) } },
        ),
      },
    });
    tracker.emit('slow');
    tracker.emit('quick');
    await tracker.flush();
    expect(events('later/memory')).toMatchObject([
      { name: 'slow', data: { org: 'edX' } },
      { name: 'quick', data: { org: 'edX' } },
    ]);
  });

  it('queues no event that its condition or a name filter at the head does not want', async () => {
    const { tracker, ledger } = await startTracking({
      backends: {
        later: backend(
          AsyncRoutingBackend,
          { when: (name) => name !== 'never' },
          {
            processors: [processor(NameAllowlist, { names: ['a', 'never'] })],
            backends: { memory: backend(MemoryBackend) },
          },
        ),
      },
    });
    for (const name of ['a', 'b', 'never']) tracker.emit(name);
    await tracker.flush();
    expect(ledger.node('later')).toMatchObject({
      received: 3,
      passed: 1,
      dropped: { filtered: 2 },
      work: { received: 1, settled: 1 },
    });
  });
});

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Destination } from '../../src/entries';
import { eventually } from '../support/eventually';
import { startTracking } from '../support/start-tracking';

describe('Events that are sent later', () => {
  it('are sent outside of the request that registered the first destination', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const destination: Destination = {
      sendBatch: () => {
        seen.push(request.getStore());
        return Promise.resolve();
      },
    };
    const { tracker } = await startTracking({ backends: {}, delivery: { batch: { maxWaitMs: 1 } } });
    request.run('of an administrator', () => {
      tracker.registerBackend('late', destination);
    });
    request.run('of a learner', () => {
      tracker.emit('played');
    });
    tracker.emit('paused');
    await eventually(() => expect(seen.length).toBeGreaterThan(0));
    await tracker.flush();
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });
});

import { randomUUID } from 'node:crypto';
import { BullModule } from '@nestjs/bull';
import { AsyncRoutingBackend, backend, MemoryBackend, type TrackingModuleOptions } from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';
import { describeWithServices } from '../../support/services';
import { startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

describeWithServices(['redis'], 'An AsyncRoutingBackend with a Bull queue', (urls) => {
  const options = (name: string, more: TrackingModuleOptions = {}): TrackingModuleOptions => ({
    backends: {
      now: backend(MemoryBackend),
      later: backend(
        AsyncRoutingBackend,
        { queue: bullQueue(name) },
        {
          imports: [BullModule.registerQueue({ name, redis: urls.redis })],
          backends: { memory: backend(MemoryBackend) },
        },
      ),
    },
    ...more,
  });

  it('gives the events to the children in a worker, with their ids, dates and contexts', async () => {
    const name = randomUUID();
    const web = await startTracking(options(name, { role: 'emitter' }));
    const at = new Date(5);
    web.tracker.context({ user_id: 7 }, () => {
      web.tracker.emit('a', { at });
      web.tracker.emit('b');
    });
    await web.tracker.flush();
    expect(web.ledger.destination('later')).toMatchObject({ accepted: 2, delivered: 2 });
    const worker = await startTracking(options(name, { role: 'worker' }));
    await until(() => worker.events('later/memory').length === 2);
    expect(worker.events('later/memory')).toEqual(web.events('now'));
    expect(web.events('later/memory')).toEqual([]);
    await until(() => worker.ledger.node('later')?.work?.settled === 2);
  });
});

import { describeWithServices } from '../../support/services';
import { queueName, RedisView, startBull } from './bull-run';

describeWithServices(['redis'], 'A queue whose jobs have options of the application', ({ redis: url }) => {
  it.each([
    ['preventParsingData', { preventParsingData: true }],
    ['repeat', { repeat: { every: 50 } }],
  ])('delivers each event once, with %s', async (_, defaultJobOptions) => {
    const name = queueName();
    const web = await startBull({ url, name, role: 'emitter', defaultJobOptions });
    const worker = await startBull({ url, name, role: 'worker', defaultJobOptions });
    const names = web.emit(20);
    await web.queued();
    await worker.taken(20);
    await worker.atRest();
    expect([...worker.gate.names].sort()).toEqual([...names].sort());
    const view = new RedisView(url, name);
    expect(await view.redis.zcard(`bull:${name}:repeat`)).toBe(0);
    await view.close();
    await Promise.all([web.close(), worker.close()]);
  });
});

import { randomUUID } from 'node:crypto';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { BullBoardModule } from '@bull-board/nestjs';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bull';
import request from 'supertest';
import { AsyncRoutingBackend, backend, MemoryBackend, TrackerService, TrackingModule } from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';
import { describeWithServices } from '../../support/services';
import { closeLater, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

describeWithServices(['redis'], 'The queue of an AsyncRoutingBackend', ({ redis }) => {
  const tree = (name: string, queue: ReturnType<typeof BullModule.registerQueue>) => ({
    backends: {
      later: backend(
        AsyncRoutingBackend,
        { queue: bullQueue(name) },
        { imports: [queue], backends: { memory: backend(MemoryBackend) } },
      ),
    },
  });

  it('shows in Bull Board, to those whom the guard lets in', async () => {
    const name = randomUUID();
    const queue = BullModule.registerQueue({ name, redis });
    const onlyOperators = (
      { headers }: { headers: { authorization?: string } },
      response: { sendStatus(status: number): void },
      next: () => void,
    ): void => {
      if (headers.authorization === 'Bearer operators') next();
      else response.sendStatus(401);
    };
    const module = await Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({ ...tree(name, queue), role: 'emitter' }),
        queue,
        BullBoardModule.forRoot({ route: '/queues', adapter: ExpressAdapter, middleware: onlyOperators }),
        BullBoardModule.forFeature({ name, adapter: BullAdapter, options: { readOnlyMode: true } }),
      ],
    }).compile();
    const app = closeLater(module.createNestApplication({ logger: false }));
    await app.listen(0, '127.0.0.1');
    await app.get(TrackerService).emitConfirmed('problem_check', { answer: 'Paris' });
    const server = request(await app.getUrl());
    await server.get('/queues/api/queues').expect(401);
    const { body } = await server
      .get(`/queues/api/queues?activeQueue=${name}&status=latest`)
      .set('authorization', 'Bearer operators')
      .expect(200);
    expect(body).toMatchObject({ queues: [{ name, readOnlyMode: true, counts: { waiting: 1 } }] });
    expect(JSON.stringify(body)).toContain('problem_check');
  });

  it('can be paused and resumed, and says in the ledger what is in it', async () => {
    const name = randomUUID();
    const web = await startTracking({ ...tree(name, BullModule.registerQueue({ name, redis })), role: 'emitter' });
    const queue = web.app.get<Queue>(getQueueToken(name), { strict: false });
    await queue.pause();
    await web.tracker.emitConfirmed('a');
    const worker = await startTracking(tree(name, BullModule.registerQueue({ name, redis })));
    await until(() => web.ledger.node('later')?.queue?.waitingJobs === 1);
    expect(web.ledger.node('later')?.queue).toMatchObject({ activeJobs: 0, unsettledEvents: 1, emptiedEvents: 0 });
    expect(worker.events('later/memory')).toEqual([]);
    await queue.resume();
    await until(() => worker.events('later/memory').length === 1);
    await until(() => web.ledger.node('later')?.queue?.unsettledEvents === 0);
  });
});

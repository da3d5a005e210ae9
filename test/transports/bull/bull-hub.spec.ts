import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import { BullHub } from '../../../src/transports/bull/bull-hub';
import { FakeQueue } from './fake-queue';

const moduleRefOf = (container: ModulesContainer): ModuleRef => ({ get: () => container }) as unknown as ModuleRef;

describe('BullHub', () => {
  it('is one for each application', () => {
    const [first, second] = [new ModulesContainer(), new ModulesContainer()];
    const hub = BullHub.of(moduleRefOf(first));
    expect([BullHub.of(moduleRefOf(first)) === hub, BullHub.of(moduleRefOf(second)) === hub]).toEqual([true, false]);
  });

  it('makes one worker for each Queue, with the options and the reports of the first node', () => {
    const hub = new BullHub();
    const [queue, other] = [new FakeQueue().asQueue, new FakeQueue().asQueue];
    const reports = { warn: jest.fn(), warnOnce: jest.fn() };
    const worker = hub.workerOf(queue, { concurrency: 1, unclaimedTries: 1 }, reports);
    expect(hub.workerOf(queue, { concurrency: 9, unclaimedTries: 9 }, { warn: jest.fn(), warnOnce: jest.fn() })).toBe(
      worker,
    );
    expect(hub.workerOf(other, { concurrency: 1, unclaimedTries: 1 }, reports)).not.toBe(worker);
  });
});

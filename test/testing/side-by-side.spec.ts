import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TrackEvent, TrackerService, TrackingContext } from '../../src/entries';
import { events, fixedIds, matchers, TrackingTestingModule, waitForEvent } from '../../src/entries/testing';
import { closeLater } from '../support/start-tracking';

expect.extend(matchers);

@Injectable()
class Worker {
  constructor(private readonly tracker: TrackerService) {}

  @TrackingContext(({ args: [of] }) => ({ of }))
  @TrackEvent('work.done', ({ args: [of, steps] }) => ({ of, steps }))
  async work(of: number, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      this.tracker.emit('work.step', { of, step });
    }
  }
}

async function anApplication(isStarted: boolean) {
  const module = closeLater(
    await Test.createTestingModule({
      imports: [TrackingTestingModule.forRoot({ ids: fixedIds() })],
      providers: [Worker],
    }).compile(),
  );
  return isStarted ? module.init() : module;
}

/** What one test does, with an application of its own, while others do the same. */
async function aTest(of: number): Promise<void> {
  const app = await anApplication(of % 8 === 0);
  const steps = (of % 5) + 1;
  const waiting = waitForEvent(app, 'work.done', undefined, { timeoutMs: 10_000 });

  await app.get(Worker).work(of, steps);

  expect((await waiting).data).toEqual({ of, steps });
  expect(app).toHaveTrackedTimes('work.step', steps, { of }, { of });
  expect(app).toHaveTrackedOnly([...Array.from({ length: steps }, () => 'work.step'), 'work.done']);
  expect(app).toHaveDroppedNothing();
  expect(events(app).map(({ id }) => Number.parseInt(id.slice(-6), 16))).toEqual(
    Array.from({ length: steps + 1 }, (_, at) => at + 1),
  );
}

describe('TrackingTestingModule: tests side by side', () => {
  it('do not meet, though 60 applications emit the same events at the same time', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, of) => aTest(of)));
  });

  it.concurrent.each([1, 2, 3, 4, 5, 6])('do not meet in test.concurrent (%i)', (of) => aTest(of));
});

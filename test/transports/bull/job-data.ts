import { eventually } from '../../support/eventually';
import type { BullRun, RedisView } from './bull-run';

export const ID = '0190a6f0-0000-7000-8000-000000000001';

/** An event as it is written in a job. */
export const event = (more: object = {}): object => ({
  ...{ name: 'e', timestamp: '2026-11-24T08:00:00.000Z', id: ID, context: {}, data: { n: 1 } },
  ...more,
});

/** The data of a job for the node `later`, without events unless they are given. */
export const job = (more: object): object => ({
  ...{ format: 1, tracker: 'default', path: 'later', emitter: 'x', events: [] },
  ...more,
});

export const letters = (run: BullRun): { reason: string; path: string; raw: unknown }[] =>
  run.tracker.deadLetters.list().map(({ reason, path, event: { data } }) => ({ reason, path, raw: data['raw'] }));

/** Resolves when the worker has nothing in hand and the queue is empty. */
export async function settled(run: BullRun, redis: RedisView): Promise<void> {
  await eventually(() => expect(run.work.pending).toBe(0));
  for (;;) {
    const { wait, active, completed } = await redis.jobs();
    if (wait + active + completed === 0) return;
  }
}

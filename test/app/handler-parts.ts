import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TrackerService, type IdentifiedEvent } from 'nestjs-event-tracking';
import { type RunningCase } from '../support/test-case';
import { until } from '../support/until';

/**
 * What handlers of every kind call: it knows nothing of them, and its events know where they come
 * from.
 */
@Injectable()
export class CoursesService {
  constructor(private readonly tracker: TrackerService) {}

  async load(id: string): Promise<string> {
    await turn();
    this.tracker.emit('course.loaded', { id });
    return `course ${id}`;
  }
}

export const shortly = (events: readonly IdentifiedEvent[]): unknown[] =>
  events.map(({ name, data, context }) => [name, data, context]);

/** Events come by ways that nobody can await. */
export async function eventsOf(run: RunningCase, count: number): Promise<IdentifiedEvent[]> {
  await until(
    () => run.events().length >= count,
    () => JSON.stringify(run.events()),
  );
  return run.events();
}

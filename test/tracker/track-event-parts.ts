import { Injectable } from '@nestjs/common';
import { TrackEvent, type TrackEventOptions, type TrackOutcome } from 'nestjs-event-tracking';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

export type Outcome = TrackOutcome<unknown[], unknown>;

/**
 * A provider with one tracked method, which gives what the test says; `seen` are the outcomes of
 * its calls.
 */
export async function tracked(
  give: (...args: never[]) => unknown,
  options: Partial<TrackEventOptions> = {},
): Promise<BuiltTracking & { call(...args: unknown[]): unknown; seen: Outcome[]; logger: RecordingLogger }> {
  const seen: Outcome[] = [];
  const logger = new RecordingLogger();
  @Injectable()
  class Service {
    @TrackEvent('done', {
      on: 'settled',
      data: (outcome) => {
        seen.push(outcome);
        return {};
      },
      ...options,
    })
    call(...args: unknown[]): unknown {
      return (give as (...args: unknown[]) => unknown)(...args);
    }
  }
  const run = await startTracking({ logger }, { providers: [Service] });
  const service = run.app.get(Service);
  return Object.assign(run, { call: (...args: unknown[]) => service.call(...args), seen, logger });
}

export const failure = new Error('no');
export const fail = (): never => {
  throw failure;
};
export async function valuesOf<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

export const anyDuration = expect.any(Number);

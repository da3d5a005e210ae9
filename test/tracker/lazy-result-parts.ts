import { Injectable } from '@nestjs/common';
import { TrackEvent, type TrackOutcome } from 'nestjs-event-tracking';
import { startTracking, type BuiltTracking } from '../support/start-tracking';

export type Seen = Pick<TrackOutcome<unknown[], unknown>, 'result' | 'error' | 'count'> & { ending: string };

/**
 * A provider with one tracked method, which gives what the test says; `seen` is how its calls
 * ended.
 */
export async function tracked<Result>(give: () => Result): Promise<BuiltTracking & { call(): Result; seen: Seen[] }> {
  const seen: Seen[] = [];
  const data = (ending: string) => {
    return ({ result, error, count }: TrackOutcome<unknown[], unknown>): object => {
      seen.push({ ending, result, error, count });
      return {};
    };
  };
  @Injectable()
  class Service {
    @TrackEvent('ended', { on: 'settled', data: data('ended') })
    @TrackEvent('succeeded', data('succeeded'))
    @TrackEvent('failed', { on: 'error', data: data('failed') })
    call(): unknown {
      return give();
    }
  }
  const run = await startTracking({}, { providers: [Service] });
  return Object.assign(run, { call: () => run.app.get(Service).call() as Result, seen });
}

export const failure = new Error('no');
export const success = (result: unknown, count: number): Seen[] => [
  { ending: 'succeeded', result, error: undefined, count },
  { ending: 'ended', result, error: undefined, count },
];
export const failed = (result: unknown, count: number): Seen[] => [
  { ending: 'failed', result, error: failure, count },
  { ending: 'ended', result, error: failure, count },
];
export const left = (result: unknown, count: number): Seen[] => [{ ending: 'ended', result, error: undefined, count }];

export async function read<T>(iterable: AsyncIterable<T> | Iterable<T>, most = Infinity): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) if (values.push(value) >= most) break;
  return values;
}

import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable } from 'rxjs';
import { TrackerService, TrackingContext } from 'nestjs-event-tracking';
import type { ContextOf } from 'nestjs-event-tracking/types';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

/** A provider with one method in a scope of `values`, which does what the test says. */
async function scoped<Args extends unknown[], Result>(
  values: ContextOf,
  body: (tracker: TrackerService, ...args: Args) => Result,
): Promise<BuiltTracking & { call(...args: Args): Result; logger: RecordingLogger }> {
  @Injectable()
  class Service {
    readonly region = 'eu';

    constructor(private readonly tracker: TrackerService) {}

    @TrackingContext(values)
    call(...args: Args): Result {
      return body(this.tracker, ...args);
    }
  }
  const logger = new RecordingLogger();
  const run = await startTracking({ logger }, { providers: [Service] });
  const service = run.app.get<{ call(...args: Args): Result }>(Service);
  return Object.assign(run, { call: (...args: Args) => service.call(...args), logger });
}

const emitInside = (tracker: TrackerService): void => tracker.emit('inside');

describe('@TrackingContext on a method', () => {
  it('adds its values to the events of the method, and removes them at its end', async () => {
    const { call, tracker, events } = await scoped({ course_id: 'DemoX', user_id: 2 }, emitInside);
    tracker.context({ user_id: 1, path: '/' }, () => {
      call();
      tracker.emit('after');
    });
    expect(events().map(({ name, context }) => [name, context])).toEqual([
      ['inside', { user_id: 2, path: '/', course_id: 'DemoX' }],
      ['after', { user_id: 1, path: '/' }],
    ]);
  });

  it('takes its values from a function of the arguments and the instance', async () => {
    const { call, last } = await scoped(
      ({ args: [id], self }) => ({ course_id: id, region: self.region }),
      (tracker, id: string) => tracker.emit('inside', { id }),
    );
    call('DemoX');
    expect(last().context).toEqual({ course_id: 'DemoX', region: 'eu' });
  });

  it('returns what the method returns, and throws what it throws', async () => {
    const failure = new Error('no');
    const given = await scoped({ a: 1 }, () => 7);
    expect(given.call()).toBe(7);
    const failing = await scoped({ a: 1 }, () => {
      throw failure;
    });
    expect(() => failing.call()).toThrow(failure);
    const rejecting = await scoped({ a: 1 }, async () => Promise.reject(failure));
    await expect(rejecting.call()).rejects.toBe(failure);
  });

  it('stays open across awaits, in a subscribed Observable, and while an async iterator is read', async () => {
    const afterAwait = await scoped({ a: 1 }, async (tracker) => {
      await new Promise((resolve) => setImmediate(resolve));
      tracker.emit('inside');
    });
    await afterAwait.call();
    expect(afterAwait.last().context).toEqual({ a: 1 });

    const subscribed = await scoped(
      { a: 1 },
      (tracker) =>
        new Observable<number>((subscriber) => {
          tracker.emit('inside');
          subscriber.next(1);
          subscriber.complete();
        }),
    );
    expect(await lastValueFrom(subscribed.call())).toBe(1);
    expect(subscribed.last().context).toEqual({ a: 1 });

    const read = await scoped({ a: 1 }, async function* (tracker) {
      yield await Promise.resolve(1);
      tracker.emit('inside');
    });
    for await (const value of read.call()) expect(value).toBe(1);
    expect(read.last().context).toEqual({ a: 1 });
  });

  it('copies its values, so that a change of theirs changes no event', async () => {
    const values: Record<string, unknown> = { a: 1 };
    const { call, last } = await scoped(values, (tracker) => {
      values['a'] = 2;
      tracker.emit('inside');
    });
    call();
    expect(last().context).toEqual({ a: 1 });
    call();
    expect(last().context).toEqual({ a: 2 });
  });

  it.each<[string, () => never, string]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'Error: no',
    ],
    ['returns a promise', () => Promise.resolve({}) as never, 'it returned a promise, which is not awaited'],
    ['returns a promise that is rejected', () => Promise.reject(new Error('no')) as never, 'it returned a promise'],
  ])(
    'runs the method without values if their function %s, which is counted and reported once',
    async (_what, values, told) => {
      const { call, last, ledger, logger } = await scoped(values, emitInside);
      call();
      call();
      expect(last()).toMatchObject({ name: 'inside', context: {} });
      const place = 'the function of @TrackingContext on Service.call';
      expect(ledger.tracker().failures).toEqual({ [place]: 2 });
      expect(logger.warnings).toEqual([expect.stringContaining(`${place} failed: `)]);
      expect(logger.warnings[0]).toContain(told);
    },
  );

  it('runs the method without values if their function returns nothing, which is not a failure', async () => {
    const { call, last, logger } = await scoped(() => undefined, emitInside);
    call();
    expect(last()).toMatchObject({ name: 'inside', context: {} });
    expect(logger.warnings).toEqual([]);
  });

  it.each(['text', 7, [1]])(
    'runs the method without values if their function returns %p, with a warning',
    async (values) => {
      const { call, last, logger } = await scoped(() => values as never, emitInside);
      call();
      expect(last()).toMatchObject({ name: 'inside', context: {} });
      expect(logger.warnings).toEqual([expect.stringContaining('instead of an object')]);
    },
  );

  it('names its entry by class and method, or by the given name', async () => {
    @Injectable()
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      @TrackingContext({ a: 1 }, { name: 'outer' })
      @TrackingContext({ b: 1 })
      call(): void {
        this.tracker.exitContext('Service.call');
        this.tracker.emit('inside');
        expect(() => this.tracker.exitContext('missing')).toThrow('"outer"');
      }
    }
    const run = await startTracking({}, { providers: [Service] });
    run.app.get(Service).call();
    expect(run.last().context).toEqual({ a: 1 });
  });

  it('does not affect the caller with a stub in place of the tracker', async () => {
    @Injectable()
    class Service {
      @TrackingContext(() => {
        throw new Error('no');
      })
      call(): string {
        return 'given';
      }
    }
    for (const useValue of [{}, { context: jest.fn() }]) {
      const module = await Test.createTestingModule({
        providers: [Service, { provide: TrackerService, useValue }],
      }).compile();
      expect(module.get(Service).call()).toBe('given');
    }
  });

  it('throws where it is not allowed, when the class is defined', () => {
    const decorate = TrackingContext({}) as (target: object, key: string, descriptor?: PropertyDescriptor) => void;
    const decorated = (): void => decorate({}, 'enrol');
    expect(decorated).toThrow(TypeError);
    expect(decorated).toThrow('@TrackingContext was put on enrol, which is not a method. Fix: put it on a method');
  });
});

import { applyDecorators, Injectable } from '@nestjs/common';
import { defer, isObservable, lastValueFrom, of } from 'rxjs';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

describe('@TrackEvent and @TrackingContext on one method', () => {
  const context = TrackingContext({ course_id: 'DemoX' }) as MethodDecorator;
  const event = TrackEvent('done', { context: () => ({ own: true }) });
  let calls = 0;
  /** As decorators of old, which replace the method and copy nothing of it. */
  const foreign: MethodDecorator = (_target, _key, descriptor) => {
    const method = descriptor.value as unknown as (...args: unknown[]) => unknown;
    descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
      calls++;
      return method.apply(this, args);
    } as never;
  };

  it.each<[string, MethodDecorator[], number]>([
    ['the context above', [event, context], 0],
    ['the event above', [context, event], 0],
    ['a foreign one between, the context above', [event, foreign, context], 1],
    ['a foreign one between, the event above', [context, foreign, event], 1],
    ['a foreign one above', [event, context, foreign], 1],
    ['a foreign one below', [foreign, context, event], 1],
    ['foreign ones everywhere', [foreign, event, foreign, context, foreign], 3],
  ])('emit inside of the scope, once: %s', async (_order, fromBelow, foreignCalls) => {
    @Injectable()
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      @applyDecorators(...fromBelow)
      call(text: string): string {
        this.tracker.emit('inside');
        return text;
      }
    }
    const { app, tracker, events } = await startTracking({}, { providers: [Service] });
    calls = 0;
    expect(tracker.context({ user_id: 1 }, () => app.get(Service).call('given'))).toBe('given');
    expect(calls).toBe(foreignCalls);
    expect(events().map(({ name, context: values }) => [name, values])).toEqual([
      ['inside', { user_id: 1, course_id: 'DemoX' }],
      ['done', { user_id: 1, course_id: 'DemoX', own: true }],
    ]);
  });

  /** Each begins its work only when it is asked for, long after the method has returned. */
  const lazily: Readonly<Record<string, (emit: () => void) => unknown>> = {
    promise: async (emit) => {
      await new Promise((resolve) => setImmediate(resolve));
      emit();
    },
    Observable: (emit) =>
      defer(() => {
        emit();
        return of(1);
      }),
    'async iterator': async function* (emit) {
      emit();
      yield await Promise.resolve(1);
    },
  };

  it.each(Object.keys(lazily))('hold their scope and tell the end of what begins later: of a %s', async (kind) => {
    @Injectable()
    class Service {
      constructor(private readonly tracker: TrackerService) {}

      @TrackEvent('done')
      @TrackingContext({ course_id: 'DemoX' })
      call(): unknown {
        return lazily[kind]!(() => this.tracker.emit('inside'));
      }
    }
    const { app, names, events } = await startTracking({}, { providers: [Service] });
    const given = app.get(Service).call();
    if (kind !== 'promise') await Promise.resolve();
    expect(names()).toEqual([]);
    if (isObservable(given)) await lastValueFrom(given);
    else if (kind === 'async iterator') for await (const value of given as AsyncIterable<number>) expect(value).toBe(1);
    else await given;
    expect(events().map(({ name, context: values }) => [name, values])).toEqual([
      ['inside', { course_id: 'DemoX' }],
      ['done', { course_id: 'DemoX' }],
    ]);
  });

  it('may stand there twice: each event is emitted, each context entered, the lower ones inside', async () => {
    @Injectable()
    class Service {
      @TrackEvent('upper')
      @TrackingContext({ upper: true, both: 'upper' })
      @TrackEvent('lower')
      @TrackingContext({ lower: true, both: 'lower' })
      call(): void {}
    }
    const { app, events } = await startTracking({}, { providers: [Service] });
    app.get(Service).call();
    const values = { upper: true, both: 'lower', lower: true };
    expect(events().map(({ name, context: carried }) => [name, carried])).toEqual([
      ['lower', values],
      ['upper', values],
    ]);
  });
});

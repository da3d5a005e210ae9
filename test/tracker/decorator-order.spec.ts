import { SetMetadata, type Type } from '@nestjs/common';
import { TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';
import { type AnyFunction, Cached, Copying, around } from './decorator-parts';

const Retried = (times: number): MethodDecorator =>
  around(
    (method) =>
      async function (...args) {
        for (let attempt = 1; ; attempt++) {
          try {
            return await method.apply(this, args);
          } catch (error) {
            if (attempt === times) throw error;
          }
        }
      },
  );

/** Runs the method later, in a timer of its own. */
const Delayed = (): MethodDecorator =>
  around(
    (method) =>
      function (...args) {
        return new Promise((resolve) => setTimeout(() => resolve(method.apply(this, args)), 1));
      },
  );

const Never = (): MethodDecorator => around(() => () => 'not called');

/** A decorator of a class that wraps every method again, as those for logging do. */
const EachWrapped: ClassDecorator = ({ prototype }) => {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
    if (key === 'constructor' || typeof descriptor.value !== 'function') continue;
    const method = descriptor.value as AnyFunction;
    descriptor.value = function (this: unknown, ...args: unknown[]): unknown {
      return method.apply(this, args);
    };
    Object.defineProperty(prototype, key, descriptor);
  }
};

interface Service {
  call(...args: unknown[]): unknown;
}

/**
 * Calls it three times with the same argument. @returns the names of the events, with the contexts
 * they carry
 */
async function eventsOf(service: Type<Service>, argument = 2): Promise<(readonly [string, object])[]> {
  const run = await startTracking({}, { providers: [service] });
  for (let times = 0; times < 3; times++) await (run.app.get<Service>(service).call(argument) as Promise<unknown>);
  return run.events().map(({ name, context }) => [name, context] as const);
}

describe('@TrackEvent among other decorators', () => {
  it('stays below a cache, whatever @TrackingContext there is', async () => {
    class Plain {
      @Cached()
      @TrackEvent('computed')
      call(): number {
        return 1;
      }
    }
    @TrackingContext({ of: 'the class' })
    class InClass {
      @Cached()
      @TrackEvent('computed')
      call(): number {
        return 1;
      }
    }
    class InMethod {
      @TrackingContext({ of: 'the method' })
      @Cached()
      @TrackEvent('computed')
      call(): number {
        return 1;
      }
    }
    class Below {
      @Cached()
      @TrackEvent('computed')
      @TrackingContext({ of: 'the method, below' })
      call(): number {
        return 1;
      }
    }
    @TrackingContext({ of: 'the class' })
    @EachWrapped
    class Wrapped {
      @TrackingContext({ inner: 1 })
      @Copying()
      @Cached()
      @Copying()
      @TrackEvent('computed')
      call(): number {
        return 1;
      }
    }
    expect(await eventsOf(Plain)).toEqual([['computed', {}]]);
    expect(await eventsOf(InClass)).toEqual([['computed', { of: 'the class' }]]);
    expect(await eventsOf(InMethod)).toEqual([['computed', { of: 'the method' }]]);
    expect(await eventsOf(Below)).toEqual([['computed', { of: 'the method, below' }]]);
    expect(await eventsOf(Wrapped)).toEqual([['computed', { of: 'the class', inner: 1 }]]);
  });

  it('stays above a cache and below it, each of two', async () => {
    @TrackingContext({ of: 'the class' })
    class Compute {
      @TrackEvent('requested')
      @Cached()
      @TrackEvent('computed')
      @TrackingContext({ of: 'the method' })
      call(): number {
        return 1;
      }
    }
    const carried = { of: 'the method' };
    expect(await eventsOf(Compute)).toEqual([
      ['computed', carried],
      ['requested', carried],
      ['requested', carried],
      ['requested', carried],
    ]);
  });

  it('is emitted for each attempt of a retry above it, and once above a retry', async () => {
    @TrackingContext({ of: 'the class' })
    class Flaky {
      tries = 0;

      @TrackEvent('called', { on: 'settled', data: ({ error }) => ({ failed: error !== undefined }) })
      @Retried(3)
      @TrackEvent('attempt', { on: 'settled', data: ({ error }) => ({ failed: error !== undefined }) })
      async call(): Promise<string> {
        await Promise.resolve();
        if (++this.tries < 3) throw new Error('not yet');
        return 'done';
      }
    }
    const run = await startTracking({}, { providers: [Flaky] });
    expect(await run.app.get(Flaky).call()).toBe('done');
    expect(run.events().map(({ name, data, context }) => [name, data['failed'], context])).toEqual(
      [
        ['attempt', true],
        ['attempt', true],
        ['attempt', false],
        ['called', false],
      ].map((each) => [...each, { of: 'the class' }]),
    );
  });

  it('is emitted in the scope of a call that a decorator above it delays, and not for a call that it never makes', async () => {
    @TrackingContext({ of: 'the class' })
    class Later {
      @TrackEvent('asked')
      @Delayed()
      @TrackEvent('done')
      call(): number {
        return 1;
      }

      @TrackEvent('asked')
      @Never()
      @TrackEvent('done')
      never(): string {
        return 'called';
      }
    }
    const run = await startTracking({}, { providers: [Later] });
    expect(await Promise.resolve(run.app.get(Later).call())).toBe(1);
    expect(run.app.get(Later).never()).toBe('not called');
    expect(run.events().map(({ name, context }) => [name, context])).toEqual(
      ['done', 'asked', 'asked'].map((name) => [name, { of: 'the class' }]),
    );
  });

  it('presents the method unchanged to the decorators above it', () => {
    class Marked {
      @Copying()
      @TrackEvent('upper')
      @Copying()
      @TrackEvent('lower')
      @SetMetadata('role', 'staff')
      call(_a: number, _b: number): void {}
    }
    const { call } = Marked.prototype;
    expect([call.name, call.length, Reflect.getMetadata('role', call)]).toEqual(['call', 2, 'staff']);
  });
});

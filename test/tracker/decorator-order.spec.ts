import { Injectable, SetMetadata, type Type } from '@nestjs/common';
import fc from 'fast-check';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** A decorator of another library: it replaces the method and copies nothing of it. */
const around =
  (wrap: (method: AnyFunction) => AnyFunction): MethodDecorator =>
  (_target, _key, descriptor) => {
    descriptor.value = wrap(descriptor.value as AnyFunction) as never;
  };

const Cached = (): MethodDecorator =>
  around((method) => {
    const known = new Map<string, unknown>();
    return function (...args) {
      const key = String(args);
      if (!known.has(key)) known.set(key, method.apply(this, args));
      return known.get(key);
    };
  });

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

/** As those of Nest do: it keeps what was on the method. */
const Copying = (): MethodDecorator =>
  around((method) => {
    const copy: AnyFunction = function (...args) {
      return method.apply(this, args);
    };
    for (const key of Reflect.ownKeys(method)) {
      const descriptor = Object.getOwnPropertyDescriptor(method, key)!;
      if (descriptor.configurable === true) Object.defineProperty(copy, key, descriptor);
    }
    for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), copy);
    }
    return copy;
  });

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

  it('is emitted in the scope of a call that a decorator above makes later, and not for one that it never makes', async () => {
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

  it('keeps the method as it is for the decorators above', () => {
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

describe('The scope of @TrackingContext', () => {
  it('is opened around what other decorators do, once for each, that of the class outermost', async () => {
    const seen: unknown[] = [];
    const Seeing = (): MethodDecorator =>
      around(
        (method) =>
          function (this: unknown, ...args) {
            seen.push((this as { tracker: TrackerService }).tracker.currentContext());
            return method.apply(this, args);
          },
      );
    let opened = 0;
    @Injectable()
    @TrackingContext(() => ({ upper: ++opened, both: 'class' }))
    class Work {
      constructor(readonly tracker: TrackerService) {}

      @Seeing()
      @TrackEvent('upper')
      @Seeing()
      @TrackingContext(() => ({ lower: ++opened, both: 'method' }))
      @TrackEvent('lower')
      call(): void {
        seen.push(this.tracker.currentContext());
      }
    }
    const run = await startTracking({}, { providers: [Work] });
    run.app.get(Work).call();
    const carried = { upper: 1, lower: 2, both: 'method' };
    expect(seen).toEqual([carried, carried, carried]);
    expect(run.events().map(({ context }) => context)).toEqual([carried, carried]);
    expect(opened).toBe(2);
  });

  it('is that of each class, where a base class, its subclasses and super have their own', async () => {
    @TrackingContext({ base: true, of: 'base' })
    class Base {
      @Cached()
      @TrackEvent('base')
      call(): unknown {
        return 1;
      }

      @TrackEvent('shared')
      shared(): void {}
    }
    @TrackingContext({ left: true, of: 'left' })
    class Left extends Base {
      @TrackEvent('left')
      override call(): unknown {
        return super.call();
      }
    }
    @TrackingContext({ right: true, of: 'right' })
    class Right extends Base {}
    const run = await startTracking({}, { providers: [Base, Left, Right] });
    for (const type of [Base, Left, Right]) {
      run.app.get<Base>(type).call();
      run.app.get<Base>(type).shared();
    }
    const base = { base: true, of: 'base' };
    expect(run.events().map(({ name, context }) => [name, context])).toEqual([
      ['base', base],
      ['shared', base],
      // The value that is cached is one of the base class, so it is not computed for the
      // subclasses.
      ['left', { left: true, of: 'left' }],
      ['shared', { ...base, left: true }],
      ['shared', { ...base, right: true }],
    ]);
  });

  it('is that of the class a method was copied from, and of the one it was copied to', async () => {
    class Auditable {
      @TrackingContext({ from: 'Auditable' })
      @Cached()
      @TrackEvent('saved')
      save(): number {
        return 1;
      }
    }
    class Document {}
    Object.defineProperties(Document.prototype, {
      save: Object.getOwnPropertyDescriptor(Auditable.prototype, 'save')!,
    });
    TrackingContext({ to: 'Document' })(Document);
    const run = await startTracking({}, { providers: [Document, Auditable] });
    run.app.get<Auditable>(Document).save();
    run.app.get<Auditable>(Document).save();
    expect(run.events().map(({ context }) => context)).toEqual([{ to: 'Document', from: 'Auditable' }]);
  });
});

describe('Any stack of decorators', () => {
  const kinds = ['event', 'scope', 'foreign', 'copying', 'cached', 'twice'] as const;
  type Kind = (typeof kinds)[number];
  const twice = (): MethodDecorator =>
    around(
      (method) =>
        function (...args) {
          method.apply(this, args);
          return method.apply(this, args);
        },
    );

  it('emits each event where it stands, inside of every scope', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { maxLength: 7 }), fc.boolean(), async (stack, inClass) => {
        const decorators = stack.map((kind, at): MethodDecorator => {
          switch (kind) {
            case 'event':
              return TrackEvent(`event ${at}`);
            case 'scope':
              return TrackingContext({ [`scope ${at}`]: true });
            case 'foreign':
              return around(
                (method) =>
                  function (...args) {
                    return method.apply(this, args);
                  },
              );
            case 'copying':
              return Copying();
            case 'cached':
              return Cached();
            case 'twice':
              return twice();
          }
        });
        @Injectable()
        class Service {
          constructor(private readonly tracker: TrackerService) {}

          @(((...args: Parameters<MethodDecorator>) => {
            for (const decorator of decorators) decorator(...args);
          }) as MethodDecorator)
          call(): string {
            this.tracker.emit('body');
            return 'given';
          }
        }
        if (inClass) TrackingContext({ class: true })(Service);
        const run = await startTracking({}, { providers: [Service] });
        expect(run.app.get(Service).call()).toBe('given');
        expect(run.names()).toEqual(simulate(stack));
        const scopes = Object.fromEntries([
          ...stack.flatMap((kind, at) => (kind === 'scope' ? [[`scope ${at}`, true] as const] : [])),
          ...(inClass ? [['class', true] as const] : []),
        ]);
        for (const { context } of run.events()) expect(context).toEqual(scopes);
        await run.app.close();
      }),
      { numRuns: 60 },
    );
  });

  /** Runs the stack as its decorators would, without scopes. @param stack from below */
  function simulate(stack: readonly Kind[]): string[] {
    const emitted: string[] = [];
    let call = (): void => {
      emitted.push('body');
    };
    stack.forEach((kind, at) => {
      const inner = call;
      const pushes = (): void => {
        inner();
        emitted.push(`event ${at}`);
      };
      let isKnown = false;
      if (kind === 'event') call = pushes;
      if (kind === 'twice') {
        call = () => {
          inner();
          inner();
        };
      }
      if (kind === 'cached') {
        call = () => {
          if (!isKnown) inner();
          isKnown = true;
        };
      }
    });
    call();
    return emitted;
  }
});

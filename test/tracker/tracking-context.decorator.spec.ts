import {
  Controller,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  UseGuards,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { lastValueFrom, Observable } from 'rxjs';
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import type { ContextOf } from 'nestjs-event-tracking/types';
import { RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';

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
  it('gives its values to what the method emits, and takes them away at its end', async () => {
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

  it('gives back what the method gives, and throws what it throws', async () => {
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

  it('holds over awaits, in a subscribed Observable, and while an async iterator is read', async () => {
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
  ])('runs the method without values where their function %s: counted, and told once', async (_what, values, told) => {
    const { call, last, ledger, logger } = await scoped(values, emitInside);
    call();
    call();
    expect(last()).toMatchObject({ name: 'inside', context: {} });
    const place = 'the function of @TrackingContext on Service.call';
    expect(ledger.tracker().failures).toEqual({ [place]: 2 });
    expect(logger.warnings).toEqual([expect.stringContaining(`${place} failed: `)]);
    expect(logger.warnings[0]).toContain(told);
  });

  it('runs the method without values where their function gives nothing, which is no failure', async () => {
    const { call, last, logger } = await scoped(() => undefined, emitInside);
    call();
    expect(last()).toMatchObject({ name: 'inside', context: {} });
    expect(logger.warnings).toEqual([]);
  });

  it.each(['text', 7, [1]])(
    'runs the method without values where their function gives %p, and says so',
    async (values) => {
      const { call, last, logger } = await scoped(() => values as never, emitInside);
      call();
      expect(last()).toMatchObject({ name: 'inside', context: {} });
      expect(logger.warnings).toEqual([expect.stringContaining('instead of an object')]);
    },
  );

  it('names its entry by class and method, or as it is told', async () => {
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

  it('leaves the caller alone with a stub in the place of the tracker', async () => {
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

  it('says where it cannot stand when the class is made', () => {
    const decorate = TrackingContext({}) as (target: object, key: string, descriptor?: PropertyDescriptor) => void;
    const decorated = (): void => decorate({}, 'enrol');
    expect(decorated).toThrow(TypeError);
    expect(decorated).toThrow('@TrackingContext was put on enrol, which is not a method. Fix: put it on a method');
  });
});

describe('@TrackingContext on a class', () => {
  @Injectable()
  abstract class Base {
    constructor(readonly tracker: TrackerService) {}

    inherited(): void {
      this.tracker.emit('inherited');
    }

    overridden(): void {
      this.tracker.emit('of the base');
    }
  }

  @Injectable()
  @TrackingContext(({ args, self }) => ({ scope: self.constructor.name, args: args.length }))
  class Service extends Base implements OnModuleInit, OnModuleDestroy {
    static made(): string {
      return 'static';
    }

    constructor(tracker: TrackerService) {
      super(tracker);
      tracker.emit('constructor');
    }

    onModuleInit(): void {
      this.tracker.emit('onModuleInit');
    }

    onModuleDestroy(): void {
      this.tracker.emit('onModuleDestroy');
    }

    get state(): string {
      this.tracker.emit('getter');
      return 'state';
    }

    override overridden(): void {
      super.overridden();
      this.tracker.emit('of the class');
    }

    @TrackEvent('own event')
    @TrackingContext({ scope: 'own' })
    own(_text: string): void {}

    readonly field = (): void => this.tracker.emit('field');
  }

  const contextsByName = ({ events }: BuiltTracking): Record<string, unknown> =>
    Object.fromEntries(events().map(({ name, context }) => [name, context]));

  it('opens a scope around every method, inherited ones too', async () => {
    const run = await startTracking({}, { providers: [Service] });
    const service = run.app.get(Service);
    service.inherited();
    service.overridden();
    expect(contextsByName(run)).toMatchObject({
      inherited: { scope: 'Service', args: 0 },
      'of the base': { scope: 'Service', args: 0 },
      'of the class': { scope: 'Service', args: 0 },
    });
  });

  it('leaves constructors, hooks, getters, fields and statics alone, where a scope would last too long or not be seen', async () => {
    const run = await startTracking({}, { providers: [Service] });
    const service = run.app.get(Service);
    expect([service.state, Service.made()]).toEqual(['state', 'static']);
    service.field();
    await run.app.close();
    expect(contextsByName(run)).toEqual({
      constructor: {},
      onModuleInit: {},
      getter: {},
      field: {},
      onModuleDestroy: {},
    });
  });

  it('opens its scope around that of the method', async () => {
    const run = await startTracking({}, { providers: [Service] });
    run.app.get(Service).own('text');
    expect(run.last()).toMatchObject({ name: 'own event', context: { scope: 'own', args: 1 } });
  });

  it('leaves the base class as it was, for its other subclasses', async () => {
    @Injectable()
    class Other extends Base {}
    const run = await startTracking({}, { providers: [Other] });
    run.app.get(Other).inherited();
    expect(run.last().context).toEqual({});
  });

  it('holds in a subclass for what that does not override', async () => {
    @Injectable()
    class Sub extends Service {
      override overridden(): void {
        this.tracker.emit('of the subclass');
      }
    }
    const run = await startTracking({}, { providers: [Sub] });
    run.app.get(Sub).inherited();
    run.app.get(Sub).overridden();
    expect(contextsByName(run)).toMatchObject({ inherited: { scope: 'Sub' }, 'of the subclass': {} });
  });

  it('takes a class that stands at the end of its chain', () => {
    const Detached = class {};
    Object.setPrototypeOf(Detached.prototype, null);
    Object.defineProperty(Detached.prototype, 'call', { value: () => 'given', configurable: true, writable: true });
    expect(() => TrackingContext({})(Detached)).not.toThrow();
  });

  it.each(platforms)('works on a controller on %s, guards and pipes included', async (_platform, adapter) => {
    class Refusing {
      canActivate(): boolean {
        return false;
      }
    }
    @Injectable()
    abstract class BaseController {
      constructor(private readonly tracker: TrackerService) {}

      @Get('inherited/:id')
      inherited(@Param('id', ParseIntPipe) id: number): number {
        this.tracker.emit('inherited');
        return id + 1;
      }

      @Get('refused')
      @UseGuards(Refusing)
      refused(): void {}
    }
    @Controller('courses')
    @TrackingContext(({ args: [id] }) => ({ course_id: id as number }))
    class CoursesController extends BaseController {}
    const run = await TestCase.of({ controllers: [CoursesController] })
      .on(adapter)
      .as({ userId: 7 })
      .start();
    expect(await run.get('/courses/inherited/1')).toEqual({ status: 200, body: 2 });
    expect((await run.get('/courses/inherited/one')).status).toBe(400);
    expect((await run.get('/courses/refused')).status).toBe(403);
    expect(run.events()).toEqual([
      expect.objectContaining({ name: 'inherited', context: expect.objectContaining({ course_id: 1, user_id: 7 }) }),
    ]);
  });
});

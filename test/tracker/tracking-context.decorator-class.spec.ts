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
import { TrackerService, TrackEvent, TrackingContext } from 'nestjs-event-tracking';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';

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

  it('does not wrap constructors, hooks, getters, fields and statics, where a scope would last too long or not be seen', async () => {
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

  it('leaves the base class unchanged for its other subclasses', async () => {
    @Injectable()
    class Other extends Base {}
    const run = await startTracking({}, { providers: [Other] });
    run.app.get(Other).inherited();
    expect(run.last().context).toEqual({});
  });

  it('applies in a subclass to methods that it does not override', async () => {
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

  it('supports a class at the end of its prototype chain', () => {
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

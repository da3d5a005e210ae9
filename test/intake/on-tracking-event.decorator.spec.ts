import { Controller, Get, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import {
  OnTrackingEvent,
  TrackerService,
  TrackEvent,
  TrackingContext,
  type TrackingEvent,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { Feed } from '../transports/bus/own-consumer';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { platforms, TestCase } from '../support/test-case';

const called: string[] = [];

beforeEach(() => {
  called.length = 0;
});

/** With one consumer, to which the test gives events. */
function fed(logger = new RecordingLogger()): { feed: Feed; logger: RecordingLogger; options: TrackingModuleOptions } {
  const feed = new Feed();
  return { feed, logger, options: { logger, consumers: { bus: feed.describe() } } };
}

@Injectable({ scope: Scope.REQUEST })
class OfRequest {
  private static made = 0;
  private readonly number = ++OfRequest.made;

  constructor(@Inject(REQUEST) private readonly request: TrackingEvent) {}

  @OnTrackingEvent('due')
  on(event: TrackingEvent): void {
    called.push(`of request, the event: ${this.request === event}, number ${this.number}`);
  }
}

@Injectable()
class Below {
  constructor(private readonly other: OfRequest) {}

  @OnTrackingEvent('due')
  on(): void {
    called.push(`below one of request scope, made: ${this.other instanceof OfRequest}`);
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  private readonly value = 'constructed';

  @OnTrackingEvent('due')
  on(): void {
    called.push(`transient, ${this.value}`);
  }
}

@Injectable()
class Static {
  @OnTrackingEvent('due')
  on(): void {
    called.push('static');
  }
}

describe('@OnTrackingEvent', () => {
  it('is called on providers that Nest makes for each use, made for each event', async () => {
    const { feed, options, logger } = fed();
    await startTracking(options, { providers: [OfRequest, Below, Transient, Static] });
    await feed.push({ name: 'due' }, { name: 'due' }, { name: 'other' });
    const numbers = called.flatMap((text) => /number (\d+)/.exec(text)?.[1] ?? []).map(Number);
    expect(numbers[1]).toBe(numbers[0]! + 2); // that of `Below` in between
    expect(called.map((text) => text.replace(/, number \d+/, '')).sort()).toEqual(
      [
        'below one of request scope, made: true',
        'of request, the event: true',
        'static',
        'transient, constructed',
      ].flatMap((text) => [text, text]),
    );
    expect(feed.acknowledged).toHaveLength(3);
    expect(logger.warnings).toEqual([]);
  });

  it.each(platforms)('is called on controllers of every scope, on %s', async (_platform, adapter) => {
    @Controller({ path: 'scoped', scope: Scope.REQUEST })
    class ScopedController {
      @Get()
      get(): string {
        return 'got';
      }

      @OnTrackingEvent('due')
      on(): void {
        called.push('controller of request scope');
      }
    }
    @Controller('static')
    class StaticController {
      @OnTrackingEvent('due')
      on(): void {
        called.push('controller');
      }
    }
    const { feed, options } = fed();
    const run = await TestCase.of({ controllers: [ScopedController, StaticController] })
      .on(adapter)
      .tracking(options)
      .start();
    await feed.push({ name: 'due' });
    expect(called.sort()).toEqual(['controller', 'controller of request scope']);
    expect((await run.get('/scoped')).body).toBe('got');
  });

  it('is called on providers of modules that are loaded later, static or not', async () => {
    @Module({ providers: [OfRequest, Static, { provide: 'MADE', useFactory: () => new Static() }] })
    class LaterModule {}
    @Module({
      providers: [
        {
          provide: Static,
          useFactory: async () => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            return new Static();
          },
        },
      ],
    })
    class SlowModule {}
    const { feed, options } = fed();
    const run = await startTracking(options);
    await feed.push({ name: 'due' });
    expect(called).toEqual([]);
    await run.app.get(LazyModuleLoader).load(() => LaterModule);
    await feed.push({ name: 'due' });
    expect(called.filter((text) => text === 'static')).toHaveLength(2);
    expect(called).toHaveLength(3);
    called.length = 0;
    const loading = run.app.get(LazyModuleLoader).load(() => SlowModule);
    await feed.push({ name: 'due' });
    await loading;
    expect(called).toHaveLength(3);
    await feed.push({ name: 'due' });
    expect(called).toHaveLength(7);
  });

  it('is called once where it is inherited, overridden, or found under several tokens', async () => {
    class Base {
      @OnTrackingEvent('due')
      @OnTrackingEvent(/^du/)
      on(): void {
        called.push(this.constructor.name);
      }
    }
    @Injectable()
    class Inherits extends Base {}
    @Injectable()
    class Overrides extends Base {
      @OnTrackingEvent('due')
      override on(): void {
        called.push('overridden');
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Scoped extends Base {}
    const { feed, options } = fed();
    await startTracking(options, {
      providers: [
        ...[Inherits, Overrides, Scoped],
        { provide: 'ALIAS', useExisting: Inherits },
        { provide: 'SCOPED ALIAS', useExisting: Scoped },
      ],
    });
    await feed.push({ name: 'due' });
    expect(called.sort()).toEqual(['Inherits', 'Scoped', 'overridden']);
  });

  it('is called again, on another instance, after it has failed', async () => {
    let failures = 2;
    @Injectable({ scope: Scope.REQUEST })
    class Failing {
      private calls = 0;

      @OnTrackingEvent('due')
      on(): void {
        called.push(`call ${++this.calls} of its instance`);
        if (failures-- > 0) throw new Error('no');
      }
    }
    const { feed, options } = fed();
    await startTracking(options, { providers: [Failing] });
    await feed.push({ name: 'due' });
    expect(called).toEqual(new Array(3).fill('call 1 of its instance'));
    expect(feed.acknowledged).toHaveLength(1);
  });

  it('makes a dead letter where the class cannot be made', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unmade {
      constructor() {
        throw new Error('not to be made');
      }

      @OnTrackingEvent('due')
      on(): void {}
    }
    const { feed, options, logger } = fed();
    await startTracking(
      { ...options, consumers: { bus: feed.describe({ handlerAttempts: 1 }) } },
      { providers: [Unmade] },
    );
    await feed.push({ name: 'due' });
    expect(logger.warnings.join()).toContain('handler-failed: Unmade.on: Error: not to be made');
  });

  it('carries the context of the event, also in what is made for it', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Work {
      constructor(private readonly tracker: TrackerService) {
        tracker.emit('made');
      }

      @OnTrackingEvent('due')
      @TrackEvent('handled')
      @TrackingContext({ work: true })
      on(): void {
        this.tracker.emit('inside');
      }
    }
    const { feed, options } = fed();
    const run = await startTracking(options, { providers: [Work] });
    await feed.push({ name: 'due', context: { user_id: 7 } });
    expect(run.events().map(({ name, context }) => [name, context])).toEqual([
      ['made', { user_id: 7 }],
      ['inside', { user_id: 7, work: true }],
      ['handled', { user_id: 7, work: true }],
    ]);
  });
});

import {
  Inject,
  Injectable,
  Module,
  Scope,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backend,
  getBackendToken,
  getTrackerToken,
  InjectBackend,
  InjectOptions,
  InjectTracker,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RegexFilter,
  RoutingBackend,
  TrackerService,
  TrackingConfigException,
  TrackingLedger,
  TrackingModule,
  type Backend,
  type TrackingEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { start } from '../support/start';

/** What the application says when it is started with these options. */
async function errorsOf(options: unknown, ...more: DynamicModule[]): Promise<TrackingConfigException['errors']> {
  const error: unknown = await start(TrackingModule.forRoot(options as TrackingModuleOptions), ...more).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrackingConfigException);
  return (error as TrackingConfigException).errors;
}

@Injectable()
class Greeting {
  readonly text = 'hello';
}
@Module({ providers: [Greeting], exports: [Greeting] })
class GreetingModule {}

/** Tells what it was built with, and which hooks Nest called on it. */
@Injectable()
class ToldBackend implements Backend, OnModuleInit, OnApplicationShutdown {
  readonly told: string[] = [];

  constructor(
    @InjectOptions() private readonly options: { readonly mark: string },
    private readonly greeting: Greeting,
  ) {}

  onModuleInit(): void {
    this.told.push('init');
  }

  send(event: TrackingEvent): void {
    this.told.push(`${this.options.mark} ${this.greeting.text} ${event.name}`);
  }

  onApplicationShutdown(): void {
    this.told.push('shutdown');
  }
}

describe('TrackingModule.forRoot', () => {
  it('lets Nest build each backend, with its own options and what its imports export, and runs its hooks', async () => {
    const told = backend(ToldBackend, { mark: 'a' }, { imports: [GreetingModule] });
    const other = backend(
      ToldBackend,
      { inject: [Greeting], useFactory: ({ text }: Greeting) => ({ mark: text }) },
      { imports: [GreetingModule] },
    );
    const app = await start(TrackingModule.forRoot({ backends: { told, other, twice: told } }));
    const tracker = app.get(TrackerService);

    tracker.emit('e');
    const [first, second, third] = ['told', 'other', 'twice'].map((path) => tracker.backend<ToldBackend>(path));
    await app.close();

    expect(first?.told).toEqual(['init', 'a hello e', 'shutdown']);
    expect(second?.told).toEqual(['init', 'hello hello e', 'shutdown']);
    expect(third).not.toBe(first); // one description in two places is two instances
    expect(third?.told).toEqual(first?.told);
  });

  it('injects backends by their path anywhere, the tracker and the ledger too', async () => {
    @Injectable()
    class Reader {
      constructor(
        readonly tracker: TrackerService,
        readonly ledger: TrackingLedger,
        @InjectBackend('branch/leaf') readonly leaf: MemoryBackend,
        @InjectTracker() readonly same: TrackerService,
      ) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const branch = backend(RoutingBackend, {}, { backends: { leaf: backend(MemoryBackend) } });
    const app = await start(TrackingModule.forRoot({ backends: { branch } }), ReaderModule);

    const { tracker, ledger, leaf, same } = app.get(Reader, { strict: false });
    tracker.emit('e');

    expect(leaf.events()).toHaveLength(1);
    expect(same).toBe(tracker);
    expect(ledger.node('branch/leaf')).toMatchObject({ received: 1, passed: 1 });
  });

  it('is replaced in tests by overrideProvider, and the real backend is never built', async () => {
    let built = 0;
    @Injectable()
    class Real implements Backend {
      constructor() {
        built++;
      }
      send(): void {}
    }
    const fake = new MemoryBackend();
    const module = await Test.createTestingModule({
      imports: [TrackingModule.forRoot({ backends: { real: backend(Real) } })],
    })
      .overrideProvider(getBackendToken('real'))
      .useValue(fake)
      .compile();
    const app = await module.init();
    app.get(TrackerService).emit('e');
    await app.close();

    expect(built).toBe(0);
    expect(fake.events()).toHaveLength(1);
  });

  it('builds processors by injection, on any node, and gives each its own options', async () => {
    @Injectable()
    class Marker {
      constructor(
        @InjectOptions() private readonly options: { readonly mark: string },
        private readonly greeting: Greeting,
      ) {}
      process(event: TrackingEvent): void {
        event.data[this.options.mark] = this.greeting.text;
      }
    }
    const sink = backend(
      MemoryBackend,
      {},
      { processors: [processor(Marker, { mark: 'leaf' }, { imports: [GreetingModule] })] },
    );
    const app = await start(
      TrackingModule.forRoot({
        imports: [GreetingModule],
        processors: [processor(Marker, { mark: 'root' })],
        backends: { sink, plain: backend(MemoryBackend) },
      }),
    );
    app.get(TrackerService).emit('e');

    expect(app.get<MemoryBackend>(getBackendToken('sink')).last()?.data).toEqual({ root: 'hello', leaf: 'hello' });
    expect(app.get<MemoryBackend>(getBackendToken('plain')).last()?.data).toEqual({ root: 'hello' });
  });

  it('leaves out a node whose factory gives false, with all below it, and injects its idle form', async () => {
    let built = 0;
    class Costly implements Backend {
      constructor(@InjectOptions() readonly options: { readonly url: string }) {
        built++;
      }
      send(): void {}
    }
    const app = await start(
      TrackingModule.forRoot({
        backends: {
          costly: backend(Costly, { useFactory: () => false as const }),
          memory: backend(MemoryBackend, { useFactory: () => Promise.resolve(false as const) }),
          sink: backend(
            MemoryBackend,
            {},
            { processors: [processor(NameAllowlist, { useFactory: () => false as const })] },
          ),
        },
      }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(built).toBe(0);
    expect(tracker.ledger.nodes().map(({ path }) => path)).toEqual(['', 'sink']);
    expect(tracker.ledger.node('sink')).toMatchObject({ received: 1, passed: 1 });
    expect(app.get<MemoryBackend>(getBackendToken('memory')).events()).toEqual([]);
    expect(app.get<unknown>(getBackendToken('costly'))).toBeUndefined();
  });

  it('builds nothing with enabled: false, and everything still injects', async () => {
    let built = 0;
    class Costly implements Backend {
      constructor() {
        built++;
      }
      send(): void {}
    }
    @Injectable()
    class Reader {
      constructor(
        readonly tracker: TrackerService,
        readonly ledger: TrackingLedger,
        @InjectBackend('branch/sink') readonly sink: MemoryBackend,
        @InjectBackend('log') readonly log: LoggerBackend,
      ) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const folder = await mkdtemp(join(tmpdir(), 'tracking-'));
    const app = await start(
      TrackingModule.forRoot({
        enabled: false,
        backends: {
          costly: backend(Costly),
          log: backend(LoggerBackend, { path: join(folder, 'off.log') }),
          branch: backend(RoutingBackend, {}, { backends: { sink: backend(MemoryBackend) } }),
        },
      }),
      ReaderModule,
    );
    const { tracker, sink, ledger, log } = app.get(Reader, { strict: false });

    tracker.context({ a: 1 }, () => {
      tracker.emit('e');
    });
    await log.flush();

    expect(built).toBe(0);
    expect(sink.events()).toEqual([]);
    expect(ledger.tracker().emitted).toBe(0);
    await expect(tracker.emitConfirmed('e')).resolves.toMatchObject({ destinations: {} });
    expect(existsSync(join(folder, 'off.log'))).toBe(false);
    await rm(folder, { recursive: true });
  });

  it('drains into its backends before Nest closes what they use', async () => {
    const order: string[] = [];
    @Injectable()
    class Connection implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        order.push('connection closed');
      }
    }
    @Module({ providers: [Connection], exports: [Connection] })
    class ConnectionModule {}
    @Injectable()
    class Leaf {
      readonly isBuiltIn = true;
      constructor(readonly connection: Connection) {}
      accept(): undefined {
        return undefined;
      }
      drain(): Promise<void> {
        order.push('drained');
        return Promise.resolve();
      }
    }
    @Injectable()
    class Feature implements OnApplicationShutdown {
      constructor(private readonly tracker: TrackerService) {}
      onApplicationShutdown(): void {
        order.push('feature closed');
        this.tracker.emit('last.words');
      }
    }
    @Module({ providers: [Feature] })
    class FeatureModule {}
    const app = await start(
      TrackingModule.forRoot({ backends: { leaf: backend(Leaf, undefined, { imports: [ConnectionModule] }) } }),
      FeatureModule,
    );
    await app.close();

    expect(order).toEqual(['feature closed', 'drained', 'connection closed']);
  });
});

describe('The clock', () => {
  it("is the system's at the time of each event, one that a test puts in later too", async () => {
    const app = await start(TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } }));
    const tracker = app.get(TrackerService);
    const now = jest.spyOn(Date, 'now').mockReturnValue(1000);
    tracker.emit('e');
    now.mockRestore();
    expect(tracker.backend<MemoryBackend>('sink').last()?.timestamp).toEqual(new Date(1000));
  });
});

describe('TrackingModule.forRootAsync', () => {
  it('takes what is known only at start from injected providers', async () => {
    const app = await start(
      TrackingModule.forRootAsync({
        imports: [GreetingModule],
        inject: [Greeting],
        useFactory: ({ text }: Greeting) => Promise.resolve({ clock: () => text.length * 200 }),
        backends: { sink: backend(MemoryBackend) },
      }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(tracker.backend<MemoryBackend>('sink').last()?.timestamp).toEqual(new Date(1000));
  });

  it('switches everything off at start without running the factories of its nodes', async () => {
    const useFactory = jest.fn(() => ({}));
    const app = await start(
      TrackingModule.forRootAsync({
        useFactory: () => ({ enabled: false }),
        backends: { sink: backend(MemoryBackend, { useFactory }) },
      }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(useFactory).not.toHaveBeenCalled();
    expect(app.get<MemoryBackend>(getBackendToken('sink')).events()).toEqual([]);
    expect(tracker.ledger.nodes().map(({ path }) => path)).toEqual(['']);
  });

  it('takes a whole tree that is loaded at start, as a promised module', async () => {
    const tree = Promise.resolve({ backends: { loaded: backend(MemoryBackend) } });
    const app = await start(tree.then((options) => TrackingModule.forRoot(options)));
    const tracker = app.get(TrackerService);
    tracker.emit('e');

    expect(tracker.backend<MemoryBackend>('loaded').events()).toHaveLength(1);
  });
});

describe('Several trackers', () => {
  it('live in one application, each with its own backends and options', async () => {
    const app = await start(
      TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend, { maxEvents: 1 }) } }),
      TrackingModule.forRoot({ name: 'audit', backends: { sink: backend(MemoryBackend, { maxEvents: 2 }) } }),
    );
    const [main, audit] = [app.get(TrackerService), app.get<TrackerService>(getTrackerToken('audit'))];
    for (const name of ['a', 'b', 'c']) {
      main.emit(name);
      audit.emit(`audit.${name}`);
    }

    expect(
      main
        .backend<MemoryBackend>('sink')
        .events()
        .map(({ name }) => name),
    ).toEqual(['c']);
    expect(
      app
        .get<MemoryBackend>(getBackendToken('sink', 'audit'))
        .events()
        .map(({ name }) => name),
    ).toEqual(['audit.b', 'audit.c']);
    expect([main.name, audit.name]).toEqual(['default', 'audit']);
  });

  it('refuse to share a name', async () => {
    expect(await errorsOf({}, TrackingModule.forRoot({}))).toEqual([
      { path: 'name', what: expect.stringContaining('"default"'), fix: expect.stringContaining('InjectTracker') },
    ]);
  });

  it('do not meet in two applications that are made from one module', async () => {
    @Module({ imports: [TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } })] })
    class AppModule {}
    const [one, two] = await Promise.all([
      NestFactory.createApplicationContext(AppModule, { logger: false }),
      NestFactory.createApplicationContext(AppModule, { logger: false }),
    ]);
    one.get(TrackerService).emit('one');
    two.get(TrackerService).emit('two');

    const names = [one, two].map((app) =>
      app
        .get<MemoryBackend>(getBackendToken('sink'))
        .events()
        .map(({ name }) => name),
    );
    await Promise.all([one.close(), two.close()]);
    expect(names).toEqual([['one'], ['two']]);
  });
});

describe('A faulty configuration', () => {
  it('is reported at once, each fault with its place and its fix, before anything has started', async () => {
    const onModuleInit = jest.fn();
    class Good implements Backend {
      onModuleInit = onModuleInit;
      send(): void {}
    }
    const errors = await errorsOf({
      limits: { maxDepth: 0 },
      processors: [processor(RegexFilter, { filterType: 'allow' as never, regularExpressions: [] }), 5],
      backends: {
        good: backend(Good),
        'bad name': backend(MemoryBackend),
        count: backend(MemoryBackend, { maxEvents: 0 }),
        log: backend(LoggerBackend, { path: 'x.log', level: 'info', maxEventBytes: -1 }),
        nested: backend(RoutingBackend, {}, { backends: { leaf: 'no backend' as never } }),
        failing: backend(MemoryBackend, {
          useFactory: () => {
            throw new Error('LRS_URL is missing');
          },
        }),
      },
    });

    expect(errors.map(({ path }) => path)).toEqual([
      'backends.count (MemoryBackend)',
      'backends.failing (MemoryBackend)',
      'backends.log (LoggerBackend)',
      'backends.log (LoggerBackend)',
      'backends.nested.backends.leaf',
      'backends["bad name"] (MemoryBackend)',
      'limits.maxDepth',
      'processors[0] (RegexFilter)',
      'processors[1]',
    ]);
    expect(errors.every(({ what, fix }) => what !== '' && fix !== '')).toBe(true);
    expect(onModuleInit).not.toHaveBeenCalled();
  });

  it('reads as a list a person can work off', async () => {
    const error: unknown = await start(
      TrackingModule.forRoot({
        backends: {
          log: backend(LoggerBackend, { path: 'a', logger: true }),
          memory: backend(MemoryBackend, { maxEvents: 0.5 }),
        },
      }),
    ).catch((reason: unknown) => reason);

    expect((error as Error).message).toMatchInlineSnapshot(`
"2 errors in the tracking configuration.
  1. backends.log (LoggerBackend): path and logger are set, but lines go to one place.
     Fix: use a backend for each
  2. backends.memory (MemoryBackend): maxEvents is 0.5; expected a whole number, at least 1.
     Fix: leave it out (1000), or backend(MemoryBackend, { maxEvents: 100 })"
`);
  });

  it.each([
    ['backends that are no object', { backends: [backend(MemoryBackend)] }, 'backends'],
    ['processors that are no list', { processors: (event: unknown) => event }, 'processors'],
    [
      'a class without send and sendBatch',
      { backends: { a: backend(class Nothing {} as never) } },
      'neither a send nor a sendBatch method',
    ],
    [
      'an async send',
      {
        backends: {
          a: backend(
            class Async {
              async send() {
                await Promise.resolve();
              }
            } as never,
          ),
        },
      },
      'async',
    ],
    [
      'an async processor',
      {
        processors: [
          async () => {
            await Promise.resolve();
          },
        ],
      },
      'async',
    ],
    ['a class without process', { processors: [class Nothing {}] }, 'no process method'],
    [
      'a backend with children that cannot have any',
      { backends: { a: backend(MemoryBackend, {}, { backends: { b: backend(MemoryBackend) } }) } },
      'is not a routing backend',
    ],
    [
      'options in the wrong argument',
      { backends: { a: backend(MemoryBackend, {}, { maxEvents: 5 } as never) } },
      'unknown field "maxEvents"',
    ],
    ['an onError that is none', { processors: [processor(() => null, { onError: 'ignore' as never })] }, 'onError'],
    ['enabled as a text', { enabled: 'false' }, 'enabled'],
    ['a clock that is a time', { clock: 5 }, 'clock'],
    ['imports that are no list', { imports: {} }, 'imports'],
  ])('names %s', async (_what, options, text) => {
    const errors = await errorsOf(options);
    expect(errors.map(({ path, what }) => `${path} ${what}`).join('\n')).toContain(text);
  });

  it('names a dependency that Nest cannot resolve, with the node that asks for it', async () => {
    const [fault] = await errorsOf({ backends: { told: backend(ToldBackend, { mark: 'a' }) } });
    expect(fault).toMatchObject({
      path: 'backends.told (ToldBackend)',
      what: expect.stringContaining('Greeting'),
      fix: expect.stringContaining('imports'),
    });
  });

  it('names a dependency that lives no longer than a request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class OfTheRequest {}
    @Module({ providers: [OfTheRequest], exports: [OfTheRequest] })
    class RequestModule {}
    @Injectable()
    class Leaf implements Backend {
      constructor(@Inject(OfTheRequest) readonly request: OfTheRequest) {}
      send(): void {}
    }
    const [fault] = await errorsOf({ backends: { leaf: backend(Leaf, undefined, { imports: [RequestModule] }) } });
    expect(fault).toMatchObject({ path: 'backends.leaf (Leaf)', what: expect.stringContaining('OfTheRequest') });
  });

  it('names a tree without an end', async () => {
    const backends: Record<string, ReturnType<typeof backend>> = {};
    const inner = backend(RoutingBackend, {}, { backends });
    backends['again'] = inner;
    const errors = await errorsOf({ backends: { inner } });
    expect(errors[0]?.what).toContain('contains itself');
  });
});

describe('The end of an application', () => {
  it('writes what the log holds, and the log takes what comes later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tracking-'));
    const path = join(folder, 'tracking.log');
    const app = await start(
      TrackingModule.forRoot({ backends: { log: backend(LoggerBackend, { path, maxWaitMs: 60_000 }) } }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('before');
    await app.close();
    await app.close();
    tracker.emit('after');

    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['before', 'after']);
    expect(tracker.ledger.node('log')?.delivery).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
    await rm(folder, { recursive: true });
  });

  it('says what was lost, in one line', async () => {
    const warn = jest.fn<undefined, [string]>();
    const app = await start(
      TrackingModule.forRoot({
        logger: { log: () => undefined, error: () => undefined, warn },
        backends: { log: backend(LoggerBackend, { maxEventBytes: 1 }), sink: backend(MemoryBackend) },
      }),
    );
    app.get(TrackerService).emit('e');
    app.get(TrackerService).emit('e');
    await app.close();

    expect(warn.mock.calls.map(([text]) => text).at(-1)).toBe(
      'tracker "default" closed; of 2 events emitted, dropped at log: 2 too-large.',
    );
  });

  it('still writes at the exit of the process while it drains', async () => {
    const before = process.listenerCount('exit');
    const seen: number[] = [];
    class Slow {
      readonly isBuiltIn = true;
      accept(): undefined {
        return undefined;
      }
      drain(): Promise<void> {
        seen.push(process.listenerCount('exit'));
        return Promise.resolve();
      }
    }
    const app = await start(TrackingModule.forRoot({ backends: { slow: backend(Slow) } }));
    await app.close();
    expect(seen).toEqual([before + 1]);
  });

  it('leaves no listener on the process', async () => {
    const before = process.listenerCount('exit');
    const app = await start(TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } }));
    expect(process.listenerCount('exit')).toBe(before + 1);
    await app.close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});

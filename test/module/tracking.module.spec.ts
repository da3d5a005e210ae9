import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backend,
  getBackendToken,
  InjectBackend,
  InjectOptions,
  InjectTracker,
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  processor,
  RoutingBackend,
  TrackerService,
  TrackingLedger,
  TrackingModule,
  type Backend,
  type TrackingEvent,
} from '../../src/entries';
import { start } from '../support/start';
import { Greeting, GreetingModule, ToldBackend } from './tracking-module-parts';

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

  it('lets tests replace a backend by overrideProvider, and then never builds the real one', async () => {
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

  it('leaves out a node whose factory returns false, with its whole branch, and injects an idle instance', async () => {
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
  it('is the system clock at the time of each event, also one that a test replaces later', async () => {
    const app = await start(TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } }));
    const tracker = app.get(TrackerService);
    const now = jest.spyOn(Date, 'now').mockReturnValue(1000);
    tracker.emit('e');
    now.mockRestore();
    expect(tracker.backend<MemoryBackend>('sink').last()?.timestamp).toEqual(new Date(1000));
  });
});

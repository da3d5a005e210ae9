import type { LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingModule,
  type Backend,
  type DestinationCounts,
  type IdentifiedEvent,
  type TrackingEvent,
  type TrackingLedger,
  type TrackingModuleOptions,
} from '../../src/entries';

const running = new Set<{ close(): Promise<void> }>();

afterEach(async () => {
  const runs = [...running];
  running.clear();
  await Promise.all(runs.map((run) => run.close()));
});

/** Closes an application after the test, whatever becomes of it. */
export function closeLater<App extends { close(): Promise<void> }>(app: App): App {
  running.add(app);
  return app;
}

/**
 * Builds an application without a server, and does not start it: what emits before the start, does
 * it now.
 */
export async function buildTracking(
  options: TrackingModuleOptions = {},
  { imports = [], ...metadata }: ModuleMetadata = {},
): Promise<BuiltTracking> {
  const withSink: TrackingModuleOptions = { backends: { sink: backend(MemoryBackend) }, ...options };
  const module = await Test.createTestingModule({
    ...metadata,
    imports: [TrackingModule.forRoot(withSink), ...imports],
  }).compile();
  return new BuiltTracking(closeLater(module));
}

/**
 * Starts an application without a server; unless `options` says otherwise, with one MemoryBackend
 * called `sink`.
 */
export async function startTracking(
  options?: TrackingModuleOptions,
  metadata?: ModuleMetadata,
): Promise<BuiltTracking> {
  const built = await buildTracking(options, metadata);
  await built.app.init();
  return built;
}

/** Everything in it may be taken apart: `const { tracker, last } = await startTracking()`. */
export class BuiltTracking {
  readonly tracker: TrackerService;
  readonly ledger: TrackingLedger;

  constructor(readonly app: TestingModule) {
    this.tracker = app.get(TrackerService);
    this.ledger = this.tracker.ledger;
  }

  /** What the MemoryBackend at `path` keeps, oldest first. */
  readonly events = (path = 'sink'): IdentifiedEvent[] => this.tracker.backend<MemoryBackend>(path).events();

  readonly names = (path?: string): string[] => this.events(path).map(({ name }) => name);

  /** The latest event; fails if there is none. */
  readonly last = (path?: string): IdentifiedEvent => {
    const event = this.events(path).at(-1);
    if (event === undefined) throw new Error('no event has arrived');
    return event;
  };
}

/** Keeps the module's warnings for the test to read. */
export class RecordingLogger implements LoggerService {
  readonly warnings: string[] = [];
  /** Warnings and information, in order. */
  readonly all: string[] = [];

  warn(message: unknown): void {
    this.warnings.push(String(message));
    this.all.push(String(message));
  }

  log(message: unknown): void {
    this.all.push(String(message));
  }

  error(): void {}
}

/** A backend of an application: keeps what it is sent, as it was sent. */
export class CollectingBackend implements Backend {
  readonly received: TrackingEvent[] = [];

  send(event: TrackingEvent): void {
    this.received.push(event);
  }

  get names(): string[] {
    return this.received.map(({ name }) => name);
  }
}

/** The invariants of every book, at any moment outside of `emit`. */
export function expectBalance(ledger: TrackingLedger): void {
  const { emitted, redriven, relayed, dropped, waiting, held, outbox } = ledger.tracker();
  expect({ root: (ledger.node('')?.received ?? 0) + sum(dropped) + waiting + held + outbox }).toEqual({
    root: emitted + redriven + relayed,
  });
  for (const node of ledger.nodes()) {
    expect({ path: node.path, settled: node.passed + sum(node.dropped) }).toEqual({
      path: node.path,
      settled: node.received,
    });
    const { delivery } = node;
    if (delivery === undefined) continue;
    const { deadLettered = 0, handedOver = 0, recovered = 0, redriven = 0 } = delivery as Partial<DestinationCounts>;
    const settled = delivery.delivered + deadLettered + sum(delivery.dropped) + delivery.pending + handedOver;
    expect({ path: node.path, settled }).toEqual({
      path: node.path,
      settled: delivery.accepted + recovered + redriven,
    });
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

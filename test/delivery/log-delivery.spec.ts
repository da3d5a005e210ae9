import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { backend, LoggerBackend, type LoggerBackendOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

/** What may happen to a log while an application runs. */
type Step =
  | { readonly kind: 'emit'; readonly count: number; readonly textLength: number }
  | { readonly kind: 'turn' | 'flush' | 'rotate' | 'obstruct' | 'clear' | 'reopen' | 'second' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('emit' as const),
        count: fc.integer({ min: 1, max: 30 }),
        textLength: fc.integer({ min: 0, max: 300 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constantFrom('turn' as const, 'flush' as const, 'second' as const) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('rotate' as const, 'obstruct' as const, 'clear' as const, 'reopen' as const),
      }),
    },
  ),
  { maxLength: 40 },
);

const options: fc.Arbitrary<LoggerBackendOptions> = fc.record({
  sync: fc.boolean(),
  bufferBytes: fc.constantFrom(0, 1000, 20_000),
  maxHeldBytes: fc.constantFrom(3000, 10_000, 16_000_000),
  rotationCheckMs: fc.constant(0),
});

/**
 * A log that is moved about, and the model of what has to be in it: what was accepted, in order,
 * each once.
 */
class MovedLog {
  readonly folder = new LogFolder();
  readonly path = this.folder.file();
  private readonly parts: string[] = [];
  private readonly accepted: number[] = [];
  private emitted = 0;
  run!: BuiltTracking;

  async start(log: LoggerBackendOptions): Promise<void> {
    const backends = { log: backend(LoggerBackend, { ...log, path: this.path }) };
    this.run = await startTracking({ logger: new RecordingLogger(), backends });
  }

  async take(step: Step): Promise<void> {
    const { tracker } = this.run;
    switch (step.kind) {
      case 'emit':
        for (let at = 0; at < step.count; at++) this.emit('é'.repeat(step.textLength));
        return;
      case 'turn':
        await turn();
        return;
      case 'flush':
        await tracker.flush();
        return;
      case 'second':
        jest.advanceTimersByTime(1000);
        return;
      case 'rotate':
        this.moveAway();
        return;
      case 'obstruct':
        this.moveAway();
        mkdirSync(this.path, { recursive: true });
        return;
      case 'clear':
        this.clear();
        return;
      case 'reopen':
        tracker.backend<LoggerBackend>('log').reopen();
    }
  }

  clear(): void {
    if (this.isObstructed()) rmSync(this.path, { recursive: true });
  }

  /**
   * Everything accepted, and nothing else, stands in the files, in the order of emit, and in the
   * books as delivered.
   */
  expectComplete(): void {
    const names = [...this.parts, ...(existsSync(this.path) ? [undefined] : [])];
    const logged = names.flatMap((name) => this.folder.events(name).map(({ data }) => data['at']));
    expect(logged).toEqual(this.accepted);
    const { received, passed, dropped, delivery } = this.run.ledger.node('log')!;
    expect({ received, passed, delivery }).toEqual({
      received: this.emitted,
      passed: this.accepted.length,
      delivery: { accepted: this.accepted.length, delivered: this.accepted.length, dropped: {}, pending: 0 },
    });
    expect(dropped['log-unwritable'] ?? 0).toBe(this.emitted - this.accepted.length);
  }

  private emit(text: string): void {
    const at = this.emitted++;
    const before = this.run.ledger.node('log')!.passed;
    this.run.tracker.emit('e', { at, text });
    if (this.run.ledger.node('log')!.passed > before) this.accepted.push(at);
    expectBalance(this.run.ledger);
  }

  private moveAway(): void {
    if (!existsSync(this.path) || this.isObstructed()) return;
    const part = `part-${String(this.parts.length)}`;
    renameSync(this.path, this.folder.file(part));
    this.parts.push(part);
  }

  private isObstructed(): boolean {
    return existsSync(this.path) && existsSync(`${this.path}/.`);
  }
}

describe('The delivery of a log', () => {
  it('has each accepted line in one file, once and in order, and in the books at every step, whatever happens to the path', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    try {
      await fc.assert(
        fc.asyncProperty(options, steps, async (log, taken) => {
          const moved = new MovedLog();
          await moved.start(log);
          for (const step of taken) {
            await moved.take(step);
            expectBalance(moved.run.ledger);
          }
          moved.clear();
          jest.advanceTimersByTime(1000);
          await moved.run.app.close();
          expectBalance(moved.run.ledger);
          moved.expectComplete();
          moved.folder.remove();
        }),
        { numRuns: 150 },
      );
    } finally {
      jest.useRealTimers();
    }
  }, 120_000);
});

describe('The books of a backend', () => {
  it('have no delivery unless it writes later than it accepts', async () => {
    const { ledger } = await startTracking();
    expect(ledger.node('sink')).toEqual({ path: 'sink', received: 0, passed: 0, dropped: {}, failures: {} });
  });

  it('have what is accepted as pending until it is written', async () => {
    const folder = new LogFolder();
    const { tracker, ledger } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: folder.file(), maxWaitMs: 1_000_000 }) },
    });
    const delivery = (): unknown => ledger.node('log')?.delivery;
    expect(delivery()).toEqual({ accepted: 0, delivered: 0, dropped: {}, pending: 0 });
    tracker.emit('a');
    tracker.emit('b');
    expect(delivery()).toEqual({ accepted: 2, delivered: 0, dropped: {}, pending: 2 });
    await tracker.flush();
    expect(delivery()).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
  });

  it('are a picture of their moment, which nobody can change', async () => {
    const { tracker, ledger } = await startTracking({ processors: [() => null] });
    tracker.emit('a');
    const before = ledger.node('')!;
    (before.dropped as Record<string, number>)['filtered'] = 100;
    tracker.emit('a');
    expect(before.received).toBe(1);
    expect(ledger.node('')).toMatchObject({ received: 2, dropped: { filtered: 2 } });
  });
});

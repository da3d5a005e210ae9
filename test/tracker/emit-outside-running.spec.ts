import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { backend, LoggerBackend, MemoryBackend, TrackerService } from 'nestjs-event-tracking';
import { buildTracking, expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';

describe('An event emitted before the application has started', () => {
  @Injectable()
  class EagerService implements OnModuleInit {
    constructor(private readonly tracker: TrackerService) {
      tracker.context({ user_id: 7 }, () => tracker.emit('constructor'));
    }

    onModuleInit(): void {
      this.tracker.emit('onModuleInit');
    }
  }

  /** Of the tree itself, so that its hooks run before the tree is ready. */
  @Injectable()
  class EagerBackend implements OnModuleInit {
    constructor(private readonly tracker: TrackerService) {
      tracker.emit('constructor of a backend');
    }

    onModuleInit(): void {
      this.tracker.emit('onModuleInit of a backend');
    }

    send(): void {}
  }

  it('is kept, and sent in order with its own context', async () => {
    const run = await startTracking(
      { backends: { eager: backend(EagerBackend), sink: backend(MemoryBackend) } },
      { providers: [EagerService] },
    );
    run.tracker.emit('started');
    expect([...run.names()].sort()).toEqual(
      ['constructor', 'constructor of a backend', 'onModuleInit', 'onModuleInit of a backend', 'started'].sort(),
    );
    expect(run.names().at(-1)).toBe('started');
    const ids = run.events().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(run.events().find(({ name }) => name === 'constructor')?.context).toEqual({ user_id: 7 });
    expect(run.ledger.tracker()).toMatchObject({ emitted: 5, waiting: 0, dropped: {} });
    expectBalance(run.ledger);
  });

  it('waits up to the limit of maxEarlyEvents, beyond which it is dropped as not-ready with one warning', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger, names } = await buildTracking({ maxEarlyEvents: 2, logger });
    for (const name of ['1', '2', '3', '3']) tracker.emit(name);
    expect(ledger.tracker()).toMatchObject({ emitted: 4, waiting: 2, dropped: { 'not-ready': 2 } });
    expectBalance(ledger);
    await app.init();
    expect(names()).toEqual(['1', '2']);
    expect(ledger.tracker()).toMatchObject({ emitted: 4, waiting: 0, dropped: { 'not-ready': 2 } });
    expectBalance(ledger);
    expect(logger.warnings).toEqual([expect.stringContaining("'not-ready'")]);
  });

  it('never waits when maxEarlyEvents is 0', async () => {
    const { app, tracker, ledger, names } = await buildTracking({ maxEarlyEvents: 0 });
    tracker.emit('early');
    expect(ledger.tracker()).toMatchObject({ waiting: 0, dropped: { 'not-ready': 1 } });
    await app.init();
    expect(names()).toEqual([]);
  });

  it('is dropped as not-ready, counted and reported, when the application closes without having started', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger } = await buildTracking({ logger });
    tracker.emit('early');
    await app.close();
    expect(ledger.tracker()).toMatchObject({ emitted: 1, waiting: 0, dropped: { 'not-ready': 1 } });
    expectBalance(ledger);
    expect(logger.warnings.at(-1)).toContain('1 not-ready');
  });
});

describe('With enabled: false', () => {
  it('emit does nothing, counts nothing, and does not read its arguments', async () => {
    const { tracker, ledger } = await startTracking({ enabled: false });
    const read = jest.fn();
    tracker.emit('a', {
      get field() {
        return read();
      },
    });
    await tracker.flush();
    expect(read).not.toHaveBeenCalled();
    expect(ledger.tracker()).toEqual({
      name: 'default',
      emitted: 0,
      redriven: 0,
      dropped: {},
      waiting: 0,
      held: 0,
      outbox: 0,
      relayed: 0,
      replaced: {},
      oddNames: 0,
      uncertainContexts: 0,
      forgottenDeadLetters: {},
      violations: {},
      failures: {},
    });
    expect(ledger.nodes()).toEqual([expect.objectContaining({ path: '', received: 0 })]);
  });

  it('contexts still work', async () => {
    const { tracker } = await startTracking({ enabled: false });
    const inside = tracker.context({ user_id: 1 }, () => tracker.currentContext());
    expect(inside).toEqual({ user_id: 1 });
  });
});

describe('An event emitted after the application has closed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('still reaches the memory backend, the log and the ledger', async () => {
    const path = join(folder, 'late.log');
    const { app, tracker, ledger, names } = await startTracking({
      backends: { log: backend(LoggerBackend, { path }), sink: backend(MemoryBackend) },
    });
    tracker.emit('in time');
    await app.close();
    expect(() => tracker.emit('late')).not.toThrow();
    expect(names()).toEqual(['in time', 'late']);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(['in time', 'late']);
    expectBalance(ledger);
  });
});

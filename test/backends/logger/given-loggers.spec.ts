import { Writable } from 'node:stream';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { pino, type Level } from 'pino';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  type LoggerBackendOptions,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import type { LoggerLevel } from 'nestjs-event-tracking/types';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';

const NOW = Date.UTC(2024, 1, 3, 4, 5, 0, 789);
const LEVELS: readonly LoggerLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function start(log: LoggerBackendOptions, options: TrackingModuleOptions = {}): Promise<BuiltTracking> {
  const backends = { log: backend(LoggerBackend, log), sink: backend(MemoryBackend) };
  return startTracking({ clock: () => NOW, backends, ...options });
}

/** A pino and what it has written, parsed. */
function recordingPino(level: Level = 'trace'): { pino: ReturnType<typeof pino>; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  return { pino: pino({ level, base: null, timestamp: false }, stream), lines };
}

describe('A LoggerBackend with a pino', () => {
  it('logs the event under "event", with its name as the message', async () => {
    const { pino, lines } = recordingPino();
    const { tracker, last } = await start({ pino });
    tracker.context({ user_id: 1 }, () => tracker.emit('play_video', { at: new Date(0), list: [1n] }));
    expect(lines).toEqual([
      {
        level: 30,
        event: {
          name: 'play_video',
          timestamp: '2024-02-03T04:05:00.789Z',
          id: last().id,
          context: { user_id: 1 },
          data: { at: '1970-01-01T00:00:00.000Z', list: ['1'] },
        },
        msg: 'play_video',
      },
    ]);
  });

  it('logs the text of the reference as the message, with format reference', async () => {
    const { pino, lines } = recordingPino();
    const { tracker } = await start({ pino, format: 'reference' });
    tracker.emit('%s %d é', { text: '%o' });
    expect(lines).toEqual([
      {
        level: 30,
        msg: String.raw`{"name": "%s %d \u00e9", "timestamp": "2024-02-03T04:05:00.789000+00:00", "data": {"text": "%o"}, "context": {}}`,
      },
    ]);
  });

  it.each(LEVELS)('logs at the level %s', async (level) => {
    const { pino, lines } = recordingPino();
    const { tracker } = await start({ pino, level });
    tracker.emit('e');
    expect(lines).toEqual([expect.objectContaining({ level: pino.levels.values[level] })]);
  });

  it.each(['json', 'reference'] as const)(
    'counts as filtered what the level of the pino lets not through (%s)',
    async (format) => {
      const { pino, lines } = recordingPino('warn');
      const { tracker, ledger } = await start({ pino, format });
      tracker.emit('e');
      pino.level = 'info';
      tracker.emit('f');
      expect(lines).toHaveLength(1);
      expect(ledger.node('log')).toMatchObject({ received: 2, passed: 1, dropped: { filtered: 1 } });
      await expect(tracker.emitConfirmed('g')).resolves.toMatchObject({ destinations: { log: 'delivered' } });
      pino.level = 'error';
      await expect(tracker.emitConfirmed('h')).resolves.toMatchObject({ destinations: { log: 'filtered' } });
    },
  );

  it.each(['json', 'reference'] as const)('drops an event over maxEventBytes (%s)', async (format) => {
    const { pino, lines } = recordingPino();
    const { tracker, ledger } = await start({ pino, format, maxEventBytes: 300 });
    tracker.emit('e', { text: 'x'.repeat(300) });
    tracker.emit('f');
    expect(lines).toHaveLength(1);
    expect(ledger.node('log')).toMatchObject({ dropped: { 'too-large': 1 } });
  });

  it('lets nobody change the event for others: a pino that redacts works on a copy', async () => {
    const lines: string[] = [];
    const stream = new Writable({ write: (line: Buffer, _e, done) => { lines.push(line.toString()); done(); } }); // prettier-ignore
    const redacting = pino({ redact: { paths: ['event.data.secret', 'event.context.secret'], remove: true } }, stream);
    const { tracker, last } = await start({ pino: redacting });
    tracker.context({ secret: 1 }, () => {
      tracker.emit('e', { secret: 2, a: 3 });
      expect(JSON.parse(lines[0]!)).toMatchObject({ event: { context: {}, data: { a: 3 } } });
      expect(lines[0]).not.toContain('secret');
      expect(last()).toMatchObject({ context: { secret: 1 }, data: { secret: 2, a: 3 } });
      tracker.emit('f');
      expect(last().context).toEqual({ secret: 1 });
    });
  });

  it('flushes it at flush and at close, if it can be', async () => {
    const flushed: string[] = [];
    const { pino } = recordingPino();
    pino.flush = (callback) => {
      flushed.push('flush');
      callback?.();
    };
    const run = await start({ pino });
    await run.tracker.flush();
    expect(flushed).toHaveLength(1);
    await run.app.close();
    expect(flushed).toHaveLength(2);
  });

  it('does not wait for ever for a pino that never says it has flushed', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    const { pino } = recordingPino();
    pino.flush = () => {};
    const { tracker } = await start({ pino });
    const flushing = tracker.flush();
    await new Promise(setImmediate);
    jest.advanceTimersByTime(1000);
    jest.useRealTimers();
    await flushing;
  });

  it('has no delivery of its own in the books, and survives a pino that throws', async () => {
    const { pino } = recordingPino();
    pino.info = () => {
      throw new Error('no');
    };
    const { tracker, ledger, names } = await start({ pino });
    tracker.emit('e');
    expect(ledger.node('log')).toEqual({
      path: 'log',
      received: 1,
      passed: 0,
      dropped: { 'backend-failed': 1 },
      failures: {},
    });
    expect(names()).toEqual(['e']);
    expectBalance(ledger);
  });
});

class EveryLevel implements LoggerService {
  readonly lines: [level: string, text: unknown][] = [];
  log(text: unknown): void { this.lines.push(['log', text]); } // prettier-ignore
  error(text: unknown): void { this.lines.push(['error', text]); } // prettier-ignore
  warn(text: unknown): void { this.lines.push(['warn', text]); } // prettier-ignore
  debug(text: unknown): void { this.lines.push(['debug', text]); } // prettier-ignore
  verbose(text: unknown): void { this.lines.push(['verbose', text]); } // prettier-ignore
  fatal(text: unknown): void { this.lines.push(['fatal', text]); } // prettier-ignore
}

describe('A LoggerBackend with a logger of Nest', () => {
  it.each([
    ['trace', 'verbose'],
    ['debug', 'debug'],
    ['info', 'log'],
    ['warn', 'warn'],
    ['error', 'error'],
    ['fatal', 'fatal'],
  ] as const)('logs the line at the level %s by its %s', async (level, method) => {
    const logger = new EveryLevel();
    const { tracker, last } = await start({ logger, level });
    tracker.emit('e', { a: 1 });
    expect(logger.lines).toEqual([
      [method, `{"name":"e","timestamp":"2024-02-03T04:05:00.789Z","id":"${last().id}","context":{},"data":{"a":1}}`],
    ]);
  });

  it('logs by log what the logger has no method for', async () => {
    const lines: unknown[] = [];
    const logger = { log: (text: unknown) => void lines.push(text), error: () => {}, warn: () => {} };
    const { tracker } = await start({ logger, level: 'fatal' });
    tracker.emit('e');
    expect(lines).toHaveLength(1);
  });

  it('logs the text of the reference, with format reference', async () => {
    const logger = new EveryLevel();
    const { tracker } = await start({ logger, format: 'reference' });
    tracker.emit('e');
    expect(logger.lines).toEqual([
      ['log', '{"name": "e", "timestamp": "2024-02-03T04:05:00.789000+00:00", "data": {}, "context": {}}'],
    ]);
  });

  it("goes through Nest's own with the context Tracking, given true", async () => {
    const nest = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => {});
    try {
      const { tracker } = await start({ logger: true });
      nest.mockClear();
      tracker.emit('e');
      expect(nest.mock.calls).toEqual([[expect.stringMatching(/^\{"name":"e",/)]]);
      expect((nest.mock.contexts[0] as unknown as { context: string }).context).toBe('Tracking');
    } finally {
      nest.mockRestore();
    }
  });

  it.each([
    ['itself', (json: ConsoleLogger) => json],
    ['behind a Logger with a context', () => new Logger('Audit')],
    ["as Nest's own", () => true as const],
  ])('gives the event itself to a ConsoleLogger that writes JSON, %s', async (_, target) => {
    const lines: string[] = [];
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const json = new ConsoleLogger({ json: true });
    try {
      const { tracker } = await start({ logger: target(json) });
      Logger.overrideLogger(json); // as `app.useLogger` does
      lines.length = 0;
      tracker.emit('e', { at: new Date(0) });
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({
          level: 'log',
          message: expect.objectContaining({ name: 'e', data: { at: '1970-01-01T00:00:00.000Z' } }),
        }),
      ]);
    } finally {
      Logger.overrideLogger(false);
      stdout.mockRestore();
    }
  });

  it.each([
    ['without JSON', new ConsoleLogger({ json: false })],
    ['with colors', new ConsoleLogger({ json: true, colors: true })],
    ['with line breaks', new ConsoleLogger({ json: true, compact: false })],
    ['of a derived class', new (class extends ConsoleLogger {})({ json: true })],
  ])('gives the line to a ConsoleLogger %s', async (_, logger) => {
    const log = jest.spyOn(logger, 'log').mockImplementation(() => {});
    const { tracker } = await start({ logger });
    tracker.emit('e');
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^\{"name":"e",/)]]);
  });

  it('drops an event over maxEventBytes, measured in UTF-8', async () => {
    const logger = new EveryLevel();
    const { tracker } = await start({ logger, maxEventBytes: 170 });
    tracker.emit('e', { text: 'é'.repeat(30) });
    tracker.emit('e', { text: 'e'.repeat(30) });
    expect(logger.lines).toHaveLength(1);
  });

  it('ends when the logger emits events of its own: they are cut as a loop, and the books balance', async () => {
    const run: BuiltTracking = await start({
      logger: {
        log: () => run.tracker.emit('logged'),
        error: () => {},
        warn: () => {},
      },
    });
    run.tracker.emit('e');
    const { emitted, dropped } = run.ledger.tracker();
    expect({ emitted, dropped }).toEqual({ emitted: 10, dropped: { loop: 1 } });
    expectBalance(run.ledger);
  });

  it('ends when the logger of the module emits about its own warnings', async () => {
    const warnings: string[] = [];
    let run: BuiltTracking | undefined = undefined as BuiltTracking | undefined;
    const logger = {
      log: () => {},
      error: () => {},
      warn: (text: string) => {
        warnings.push(text);
        run?.tracker.emit('warned', { bad: Number.NaN });
      },
    };
    run = await start({ path: '/dev/null/not-a-directory' }, { logger });
    run.tracker.emit('e', { worse: Number.NaN });
    await run.tracker.flush();
    expect(warnings).toEqual([
      expect.stringContaining('cannot be written'),
      expect.stringContaining('"e" at data.worse'),
      expect.stringContaining('"warned" at data.bad'),
    ]);
    expectBalance(run.ledger);
  });
});

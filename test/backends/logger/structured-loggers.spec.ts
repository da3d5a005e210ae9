import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import pino, { type Logger as Pino } from 'pino';
import { backend, LoggerBackend, type LoggerBackendOptions } from '../../../src/entries';
import { eventOf } from '../../../src/cli/event-line';
import { startTracking } from '../../support/start-tracking';

/**
 * The shape of nestjs-pino's classes: what `assign()` adds in a request is in the logger that its
 * getter gives.
 */
class PinoLogger {
  inRequest: Pino | undefined;
  constructor(private readonly own: Pino) {}
  get logger(): Pino {
    return this.inRequest ?? this.own;
  }
  setContext(): void {}
  error(): void {}
}
class NestPino implements LoggerService {
  readonly written: unknown[] = [];
  constructor(protected readonly logger: PinoLogger) {}
  log(message: unknown): void {
    this.written.push(message);
  }
  error(): void {}
  warn(): void {}
}

/** @param set the logger that the application sets as Nest's once it runs */
async function emitted(options: LoggerBackendOptions, set?: LoggerService): Promise<void> {
  const { tracker, app } = await startTracking({ backends: { log: backend(LoggerBackend, options) } });
  if (set !== undefined) Logger.overrideLogger(set); // not before: a testing module sets its own
  tracker.emit('loan.taken', { book: 7 });
  await tracker.flush();
  Logger.overrideLogger(false);
  await app.close();
}

function toLines(): { lines: Record<string, unknown>[]; own: Pino } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { lines, own: pino({ name: 'library' }, { write }) };
}

const event = expect.objectContaining({ name: 'loan.taken', data: { book: 7 } });

describe('A logger that writes objects gets an object', () => {
  it.each<[string, (own: Pino) => LoggerBackendOptions]>([
    ['pino', (own) => ({ pino: own })],
    ['PinoLogger of nestjs-pino', (own) => ({ pino: new PinoLogger(own) })],
    ['Logger of nestjs-pino', (own) => ({ pino: new NestPino(new PinoLogger(own)) })],
    ['Logger of nestjs-pino, as logger', (own) => ({ logger: new NestPino(new PinoLogger(own)) })],
  ])('%s', async (_, options) => {
    const { lines, own } = toLines();
    await emitted(options(own));
    expect(lines).toEqual([expect.objectContaining({ name: 'library', msg: 'loan.taken', event })]);
  });

  it('of the request, where nestjs-pino has one for it', async () => {
    const { lines, own } = toLines();
    const wrapper = new PinoLogger(own);
    wrapper.inRequest = own.child({ req: { id: 5 } });
    await emitted({ pino: wrapper });
    expect(lines).toEqual([expect.objectContaining({ req: { id: 5 }, event })]);
  });

  it.each(['true', 'instance', 'context', 'set as that of Nest'])(
    'Nest’s ConsoleLogger with json: true (%s)',
    async (how) => {
      const lines: string[] = [];
      const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
      const json = new ConsoleLogger({ json: true });
      try {
        const logger = how === 'instance' ? json : how === 'context' ? new Logger('Audit') : true;
        await emitted({ logger }, json);
      } finally {
        write.mockRestore();
      }
      const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const found = parsed.filter((line) => eventOf(line) !== undefined);
      expect(found).toEqual([expect.objectContaining({ message: event })]);
    },
  );

  it('is flushed, also where it stands behind that of Nest', async () => {
    const { own } = toLines();
    const flushed: string[] = [];
    const flushing = (name: string): Pino =>
      Object.assign(own.child({}), {
        flush: (done: () => void) => {
          flushed.push(name);
          done();
        },
      });
    await emitted({ pino: new PinoLogger(flushing('pino')) });
    await emitted({ logger: true }, new NestPino(new PinoLogger(flushing('nest'))));
    expect(new Set(flushed)).toEqual(new Set(['pino', 'nest']));
  });

  it('is set as the logger of Nest: nestjs-pino', async () => {
    const { lines, own } = toLines();
    await emitted({ logger: true }, new NestPino(new PinoLogger(own)));
    expect(lines).toEqual([expect.objectContaining({ event })]);
  });
});

it('A logger that writes text gets a line of JSON, as does any logger the reference’s line', async () => {
  const written: unknown[] = [];
  const logger = { log: (message: unknown) => written.push(message), error() {}, warn() {} };
  await emitted({ logger });
  expect(JSON.parse(String(written[0]))).toEqual(event);
  const { lines, own } = toLines();
  await emitted({ pino: new PinoLogger(own), format: 'reference' });
  expect(lines[0]?.['msg']).toMatch(/^\{.*"loan\.taken"/);
});

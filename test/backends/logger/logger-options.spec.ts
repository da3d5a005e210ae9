import { backend, LoggerBackend, TrackingConfigException, type LoggerBackendOptions } from 'nestjs-event-tracking';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { buildTracking } from '../../support/start-tracking';

const LOGGER = { log: () => {}, error: () => {}, warn: () => {} };
const PINO = pino(new Writable({ write: (_chunk, _encoding, done) => done() }));

/** What nobody could write in TypeScript, a settings file still can. */
function errorsOf(options: unknown): TrackingConfigException['errors'] {
  try {
    new LoggerBackend(options as LoggerBackendOptions);
  } catch (error) {
    if (error instanceof TrackingConfigException) return error.errors;
    throw error;
  }
  return [];
}

describe('The options of a LoggerBackend', () => {
  it.each<readonly [what: string, options: unknown, fault: RegExp]>([
    ['path and pino', { path: 'a.log', pino: PINO }, /^path and pino are set, but lines go to one place\.$/],
    ['pino and logger', { pino: PINO, logger: true }, /^pino and logger are set/],
    ['a path that is empty', { path: '' }, /^path is ""; expected the name of a file\.$/],
    ['a path that is null', { path: null }, /^path is null/],
    ['a path that is a number', { path: 1 }, /^path is 1/],
    ['a pino that is none', { pino: {} }, /^pino is an object; expected a pino logger or a logger of nestjs-pino\.$/],
    ['a pino that is null', { pino: null }, /^pino is null/],
    ['a pino that was not called', { pino: () => {} }, /^pino is the function pino/],
    ['a mode in decimal digits', { path: 'a.log', mode: 640 }, /^mode is 640 \(0o1200\); expected permissions/],
    ['a mode to execute', { path: 'a.log', mode: 0o755 }, /^mode is 493 \(0o755\)/],
    ['a mode without the owner', { path: 'a.log', mode: 0o444 }, /^mode is 292 \(0o444\)/],
    ['a mode as text', { path: 'a.log', mode: '0640' }, /^mode is "0640"/],
    ['a mode for standard output', { mode: 0o640 }, /^mode is set, but only a file has permissions\.$/],
    ['a logger that is false', { logger: false }, /^logger is false; expected true or a logger of Nest\.$/],
    ['a logger that is none', { logger: { warn: () => {} } }, /^logger is an object/],
    [
      'a level for a file',
      { path: 'a.log', level: 'info' },
      /^level is set, but only pino and Nest's logger have levels\.$/,
    ],
    ['a level for standard output', { level: 'info' }, /have levels/],
    [
      'a level that there is not',
      { logger: LOGGER, level: 'warning' },
      /^level is "warning"; expected "trace", "debug", "info", "warn", "error" or "fatal"\.$/,
    ],
    ['a level in upper case', { pino: PINO, level: 'INFO' }, /^level is "INFO"/],
    ['a level that is null', { pino: PINO, level: null }, /^level is null/],
    ['a format that there is not', { format: 'JSON' }, /^format is "JSON"; expected "json" or "reference"\.$/],
    ['a sync that is text', { sync: 'false' }, /^sync is "false"; expected true or false\.$/],
    [
      'a maxEventBytes that is text',
      { maxEventBytes: '1024' },
      /^maxEventBytes is "1024"; expected a number, at least 0\.$/,
    ],
    ['a maxEventBytes that is null', { maxEventBytes: null }, /^maxEventBytes is null/],
    ['a bufferBytes below 0', { bufferBytes: -1 }, /^bufferBytes is -1/],
    ['a maxWaitMs that is no number', { maxWaitMs: Number.NaN }, /^maxWaitMs is NaN/],
    ['a maxHeldBytes without end', { maxHeldBytes: Number.POSITIVE_INFINITY }, /^maxHeldBytes is Infinity/],
    ['a rotationCheckMs that is a bigint', { rotationCheckMs: 1n }, /^rotationCheckMs is 1/],
    ['an option that there is not', { file: 'a.log' }, /^unknown option "file"; known options: path, pino, logger/],
  ])('refuse %s, with what fixes it', (_what, options, fault) => {
    expect(errorsOf(options)).toEqual([
      { path: 'LoggerBackend', what: expect.stringMatching(fault), fix: expect.stringMatching(/.{8}/) },
    ]);
  });

  it.each([
    ['a text', 'tracking.log'],
    ['null', null],
    ['a list', ['tracking.log']],
    ['true', true],
  ])('refuse %s in the place of an object', (_what, options) => {
    expect(errorsOf(options)).toEqual([
      {
        path: 'LoggerBackend',
        what: expect.stringMatching(/^the options are .*; expected an object\.$/),
        fix: "backend(LoggerBackend, { path: 'tracking.log' })",
      },
    ]);
  });

  it('are all looked at, and every fault is in one exception, under the name of the node', async () => {
    const options = { path: 5, format: 'xml', sync: 1, bufferBytes: -1, maxWaitMs: '1', level: 'loud', extra: 0 };
    const app = await buildTracking({
      backends: { a: backend(LoggerBackend, options as never), b: backend(LoggerBackend, { path: '' }) },
    }).catch((error: unknown) => error);
    expect(app).toBeInstanceOf(TrackingConfigException);
    const { errors, message } = app as TrackingConfigException;
    expect(errors.map(({ path }) => path)).toEqual([
      ...Array<string>(8).fill('backends.a (LoggerBackend)'),
      'backends.b (LoggerBackend)',
    ]);
    for (const { what, fix } of errors) expect(message).toContain(`${what}\n     Fix: ${fix}`);
  });

  it.each<LoggerBackendOptions>([
    {},
    { path: undefined, pino: undefined, logger: undefined, level: undefined, maxEventBytes: undefined },
    { maxEventBytes: 0, bufferBytes: 0, maxWaitMs: 0, maxHeldBytes: 0, rotationCheckMs: 0 },
    { pino: PINO, level: 'fatal', format: 'reference' },
    { logger: LOGGER, level: 'trace' },
    { logger: true },
  ])('can be %j', (options) => {
    expect(errorsOf(options)).toEqual([]);
  });

  it('are not kept open by an instance that nobody uses', () => {
    new LoggerBackend({ path: '/dev/null/not-a-directory' });
    LoggerBackend.idle().flushSync();
  });
});

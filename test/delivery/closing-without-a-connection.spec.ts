import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, HttpBackend, type Destination } from '../../src/entries';
import { isNoConnection } from '../../src/delivery/no-connection';
import { eventually } from '../support/eventually';
import { expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';

/** An address where nothing listens. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${String(port)}/events`;
}

const error = (code: string): Error => Object.assign(new Error(code), { code });
/** Far above what closing takes, so that a test that waits for it fails by its own timeout. */
const LONG_MS = 60_000;

describe('Closing the application while a destination cannot be connected to', () => {
  it('does not wait for it, counts what is lost, and says why', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger } = await startTracking({
      logger,
      shutdownTimeoutMs: LONG_MS,
      backends: { http: backend(HttpBackend, { url: await deadUrl() }) },
    });
    tracker.emit('a');
    tracker.emit('b');
    await app.close();
    expect(ledger.destination('http')).toMatchObject({ pending: 0, dropped: { shutdown: 2 } });
    expect(logger.warnings).toContainEqual(
      expect.stringMatching(/2 dropped \('shutdown'\)\. No connection could be made, .*Fix: set delivery\.directory/),
    );
    expectBalance(ledger);
  });

  it('tries once more than its back-off says, also with an open breaker', async () => {
    const { app, tracker, ledger } = await startTracking({
      logger: new RecordingLogger(),
      shutdownTimeoutMs: LONG_MS,
      delivery: { batch: { maxEvents: 1, maxWaitMs: 1 }, retry: { minDelayMs: 30_000, maxDelayMs: 30_000 } },
      backends: { http: backend(HttpBackend, { url: await deadUrl() }) },
    });
    for (let at = 0; at < 20; at++) tracker.emit('e');
    await eventually(() => expect(ledger.destination('http')?.breaker).toBe('open'));
    await app.close();
    expect(ledger.destination('http')).toMatchObject({ pending: 0, dropped: { shutdown: 20 } });
    expectBalance(ledger);
  });

  it('leaves them on disk where there is one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'closing-'));
    try {
      const { app, tracker, ledger } = await startTracking({
        logger: new RecordingLogger(),
        shutdownTimeoutMs: LONG_MS,
        delivery: { directory },
        backends: { http: backend(HttpBackend, { url: await deadUrl() }) },
      });
      tracker.emit('a');
      await app.close();
      expect(ledger.destination('http')).toMatchObject({ handedOver: 1, dropped: {} });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('still delivers to one that is back by then', async () => {
    let isDown = true;
    const received: string[] = [];
    class Sometimes implements Destination {
      sendBatch(events: readonly { name: string }[]): Promise<void> {
        if (isDown) return Promise.reject(error('ECONNREFUSED'));
        received.push(...events.map(({ name }) => name));
        return Promise.resolve();
      }
    }
    const { app, tracker, ledger } = await startTracking({
      logger: new RecordingLogger(),
      shutdownTimeoutMs: LONG_MS,
      delivery: { batch: { maxWaitMs: 1 }, retry: { minDelayMs: 30_000, maxDelayMs: 30_000 } },
      backends: { sink: backend(Sometimes) },
    });
    tracker.emit('a');
    await eventually(() => expect(ledger.destination('sink')?.failedAttempts).toBe(1));
    isDown = false;
    await app.close();
    expect(received).toEqual(['a']);
  });
});

describe('A failure to connect', () => {
  it.each([
    error('ECONNREFUSED'),
    new TypeError('fetch failed', { cause: error('ENOTFOUND') }),
    new AggregateError([error('EHOSTUNREACH'), error('ECONNREFUSED')]),
    new Error('outer', { cause: new Error('inner', { cause: new AggregateError([error('ENETUNREACH')]) }) }),
  ])('is %s', (failure) => {
    expect(isNoConnection(failure)).toBe(true);
  });

  it('is not a broken connection, a timeout, or anything else', () => {
    const itself: { cause?: unknown } = {};
    itself.cause = itself;
    const throwing = Object.defineProperty({}, 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    for (const other of [
      error('ECONNRESET'),
      error('ETIMEDOUT'),
      error('EAI_AGAIN'),
      null,
      undefined,
      'ECONNREFUSED',
      itself,
      throwing,
    ])
      expect(isNoConnection(other)).toBe(false);
  });
});

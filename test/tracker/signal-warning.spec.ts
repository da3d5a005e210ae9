import {
  backend,
  LoggerBackend,
  MemoryBackend,
  type BackendDescription,
  type Destination,
} from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { RecordingLogger, startTracking } from '../support/start-tracking';

class Library implements Destination {
  static idle(): Library {
    return new Library();
  }
  async sendBatch(): Promise<void> {
    // takes all
  }
}

const folder = new LogFolder();

async function warningOf(backends: Record<string, BackendDescription>): Promise<string | undefined> {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  try {
    const logger = new RecordingLogger();
    const { app } = await startTracking({ backends, logger, delivery: { directory: folder.file('queue') } });
    jest.advanceTimersByTime(1000);
    await app.close();
    return logger.warnings.find((text) => text.includes('SIGTERM'));
  } finally {
    jest.useRealTimers();
  }
}

describe('The warning that nothing listens for SIGTERM', () => {
  it('names options of what is there', async () => {
    const log = backend(LoggerBackend, { path: folder.file('tracking.log') });
    const library = backend(Library, {});
    const hooks = 'Fix: app.enableShutdownHooks() before app.listen(), or';
    expect(await warningOf({ log })).toContain(`${hooks} sync: true for the LoggerBackend.`);
    expect(await warningOf({ library })).toContain(`${hooks} delivery: { durable: true } for each destination.`);
    expect(await warningOf({ library })).not.toContain('LoggerBackend');
    expect(await warningOf({ log, library, other: backend(Library, {}) })).toContain(
      `${hooks} delivery: { durable: true } for each destination and sync: true for the LoggerBackend.`,
    );
  });

  it('does not come where nothing can be lost', async () => {
    const sync = backend(LoggerBackend, { path: folder.file('sync.log'), sync: true });
    const durable = backend(Library, {}, { delivery: { durable: true } });
    expect(await warningOf({ sync, durable, memory: backend(MemoryBackend, {}) })).toBeUndefined();
  });
});

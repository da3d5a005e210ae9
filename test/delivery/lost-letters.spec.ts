import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, type Destination } from '../../src/entries';
import { eventually } from '../support/eventually';
import { RecordingLogger, startTracking } from '../support/start-tracking';

class Refuses implements Destination {
  sendBatch(events: readonly unknown[]) {
    return Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
  }
}
class Takes implements Destination {
  sendBatch(): Promise<void> {
    return Promise.resolve();
  }
}

const isAboutLetters = (text: string): boolean => text.includes('dead letters');

describe('Dead letters that are in memory only', () => {
  it('are reported when the application closes: how many, of which destinations, and what keeps them', async () => {
    const logger = new RecordingLogger();
    const { app, tracker, ledger } = await startTracking({
      logger,
      backends: { one: backend(Refuses), two: backend(Refuses), good: backend(Takes) },
    });
    for (let n = 0; n < 5; n++) tracker.emit('e');
    await eventually(() => expect(ledger.destination('two')?.deadLettered).toBe(5));
    await tracker.flush();
    await tracker.deadLetters.purge({ path: 'two', id: tracker.deadLetters.list({ path: 'two' })[0]!.event.id });
    expect(logger.warnings.some((text) => text.includes('closed with dead letters'))).toBe(false);
    await app.close();
    expect(logger.warnings.filter((text) => text.includes('closed with dead letters'))).toEqual([
      'tracker "default" closed with dead letters that were in memory only and are gone (one: 5, two: 4). ' +
        'Fix: give delivery a directory, where dead letters are kept for the next start.',
    ]);
    // On both sides of the books: they were forgotten.
    expect(ledger.destination('two')).toMatchObject({ deadLettered: 5, deadLetters: 0, forgottenDeadLetters: 4 });
  });

  it('are not spoken of where there are none, or where a disk keeps them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tracking-letters-'));
    for (const backends of [{ a: backend(Takes) }, { a: backend(Refuses, {}, { delivery: { directory } }) }]) {
      const logger = new RecordingLogger();
      const { app, tracker } = await startTracking({ logger, backends });
      tracker.emit('e');
      await tracker.flush();
      await app.close();
      expect(logger.warnings.filter((text) => isAboutLetters(text) && text.includes('closed'))).toEqual([]);
    }
    rmSync(directory, { recursive: true, force: true });
  });
});

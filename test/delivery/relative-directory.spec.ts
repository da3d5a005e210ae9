import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, type Destination } from 'nestjs-event-tracking';
import { startTracking } from '../support/start-tracking';

class Down implements Destination {
  sendBatch(): Promise<void> {
    return Promise.reject(new Error('down'));
  }
}

it('A relative delivery directory stays where it was at the start when the working directory changes', async () => {
  const before = process.cwd();
  const [first, second] = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `tracking-${name}-`))) as [
    string,
    string,
  ];
  try {
    process.chdir(first);
    const { app, tracker, ledger } = await startTracking({
      delivery: { directory: 'spool', durable: true },
      backends: { sink: backend(Down) },
    });
    process.chdir(second);
    tracker.emit('early');
    tracker.registerBackend('late', new Down());
    tracker.emit('both');
    await app.close();
    expect(ledger.destination('sink')).toMatchObject({ handedOver: 2 });
    expect(ledger.destination('late')).toMatchObject({ handedOver: 1 });
    expect(existsSync(join(second, 'spool'))).toBe(false);
    expect(existsSync(join(first, 'spool'))).toBe(true);
  } finally {
    process.chdir(before);
    for (const folder of [first, second]) rmSync(folder, { recursive: true });
  }
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backend, LoggerBackend, MemoryBackend, TrackerService, TrackingModule } from '../../src/entries';
import { start } from '../support/start';

describe('The end of an application', () => {
  it('writes the lines that the log holds, and the log accepts later ones', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tracking-'));
    const path = join(folder, 'tracking.log');
    const app = await start(
      TrackingModule.forRoot({ backends: { log: backend(LoggerBackend, { path, maxWaitMs: 60_000 }) } }),
    );
    const tracker = app.get(TrackerService);
    tracker.emit('before');
    await app.close();
    await app.close();
    tracker.emit('after');

    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { name: string }).name)).toEqual(['before', 'after']);
    expect(tracker.ledger.node('log')?.delivery).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
    await rm(folder, { recursive: true });
  });

  it('reports losses in one line', async () => {
    const warn = jest.fn<undefined, [string]>();
    const app = await start(
      TrackingModule.forRoot({
        logger: { log: () => undefined, error: () => undefined, warn },
        backends: { log: backend(LoggerBackend, { maxEventBytes: 1 }), sink: backend(MemoryBackend) },
      }),
    );
    app.get(TrackerService).emit('e');
    app.get(TrackerService).emit('e');
    await app.close();

    expect(warn.mock.calls.map(([text]) => text).at(-1)).toBe(
      'tracker "default" closed; of 2 events emitted, dropped at log: 2 too-large.',
    );
  });

  it('still writes at the exit of the process while it drains', async () => {
    const before = process.listenerCount('exit');
    const seen: number[] = [];
    class Slow {
      readonly isBuiltIn = true;
      accept(): undefined {
        return undefined;
      }
      drain(): Promise<void> {
        seen.push(process.listenerCount('exit'));
        return Promise.resolve();
      }
    }
    const app = await start(TrackingModule.forRoot({ backends: { slow: backend(Slow) } }));
    await app.close();
    expect(seen).toEqual([before + 1]);
  });

  it('leaves no listener on the process', async () => {
    const before = process.listenerCount('exit');
    const app = await start(TrackingModule.forRoot({ backends: { sink: backend(MemoryBackend) } }));
    expect(process.listenerCount('exit')).toBe(before + 1);
    await app.close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});

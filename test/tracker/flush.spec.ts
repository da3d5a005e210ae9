import { readFileSync } from 'node:fs';
import { backend, LoggerBackend, MemoryBackend, RoutingBackend } from 'nestjs-event-tracking';
import { buildTracking, startTracking } from '../support/start-tracking';
import { newPath, unwritablePath } from './emit-confirmed-parts';

describe('flush', () => {
  it('resolves when every line of every logger is written', async () => {
    const paths = [newPath(), newPath()];
    const { tracker } = await startTracking({
      backends: {
        a: backend(LoggerBackend, { path: paths[0], maxWaitMs: 60_000 }),
        branch: backend(
          RoutingBackend,
          {},
          {
            backends: { b: backend(LoggerBackend, { path: paths[1], maxWaitMs: 60_000 }) },
          },
        ),
      },
    });
    tracker.emit('a');
    tracker.emit('b');
    await tracker.flush();
    for (const path of paths) {
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line).name)).toEqual(['a', 'b']);
    }
  });

  it('resolves for a log that cannot be written at the moment, instead of waiting for a fix', async () => {
    const { tracker } = await startTracking({
      backends: { log: backend(LoggerBackend, { path: unwritablePath() }), sink: backend(MemoryBackend) },
    });
    tracker.emit('a');
    await expect(tracker.flush()).resolves.toBeUndefined();
  });

  it('resolves before the start, after the end, and with tracking off', async () => {
    const { app, tracker } = await buildTracking();
    await expect(tracker.flush()).resolves.toBeUndefined();
    await app.init();
    await app.close();
    await expect(tracker.flush()).resolves.toBeUndefined();
    const off = await startTracking({ enabled: false });
    await expect(off.tracker.flush()).resolves.toBeUndefined();
  });
});

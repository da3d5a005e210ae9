import { Test } from '@nestjs/testing';
import {
  backend,
  LoggerBackend,
  MemoryBackend,
  processor,
  RegexFilter,
  TrackerService,
  TrackingModule,
} from '../../src/entries';
import { matchers, TrackedEvents } from '../../src/entries/testing';
import { closeLater, RecordingLogger, startTracking } from '../support/start-tracking';
import { compiled } from './compiled';
import { failure, text } from './matcher-parts';

expect.extend(matchers);

describe('toHaveDroppedNothing', () => {
  it('passes while every event has arrived or was held back on purpose', async () => {
    const { module, tracker } = await compiled({
      processors: [processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['secret'] })],
    });
    tracker.emit('a');
    tracker.emit('secret');

    for (const received of [module, tracker, tracker.ledger, TrackedEvents.of(module)])
      expect(received).toHaveDroppedNothing();
    expect(failure(() => expect(module).not.toHaveDroppedNothing())).toBe(
      text('expect(events).not.toHaveDroppedNothing()', '', 'Expected a loss, but the ledger has none.'),
    );
  });

  it('names every node that lost events, with the reason and the number', async () => {
    const { tracker } = await compiled({
      logger: new RecordingLogger(),
      backends: {
        broken: {
          ...backend(MemoryBackend),
          type: class {
            send(): void {
              throw new Error('no');
            }
          },
        },
      },
      processors: [
        processor(
          ({ name }) => {
            if (name === 'b') throw new Error('no');
          },
          { onError: 'drop' },
        ),
      ],
    });
    for (const name of ['a', 'a', 'b']) tracker.emit(name);

    expect(tracker).not.toHaveDroppedNothing();
    expect(failure(() => expect(tracker).toHaveDroppedNothing())).toBe(
      text(
        'expect(events).toHaveDroppedNothing()',
        '',
        'Expected no loss, but the ledger has 3 events:',
        '  the root: 1 processor-failed',
        '  broken: 2 backend-failed',
      ),
    );
  });

  it('detects events that a backend accepted and could not write', async () => {
    const { app, tracker } = await startTracking({
      logger: new RecordingLogger(),
      shutdownTimeoutMs: 1,
      backends: { log: backend(LoggerBackend, { path: '/dev/null/tracking.log' }) },
    });
    tracker.emit('a');
    expect(app).toHaveDroppedNothing(); // it still may

    await app.close();

    expect(failure(() => expect(app).toHaveDroppedNothing())).toContain('the ledger has 1 event:\n  log: 1 shutdown');
  });

  it('detects events that never reached the tree', async () => {
    const module = closeLater(
      await Test.createTestingModule({
        imports: [TrackingModule.forRoot({ maxEarlyEvents: 1, logger: new RecordingLogger() })],
      }).compile(),
    );
    for (const name of ['a', 'b', 'c']) module.get(TrackerService).emit(name);

    expect(failure(() => expect(module).toHaveDroppedNothing())).toContain('  before the tree: 2 not-ready');
  });

  it('refuses a value that has no ledger', () => {
    expect(failure(() => expect([]).toHaveDroppedNothing())).toContain(
      'expect was called with a list of 0, which has no ledger.',
    );
    expect(failure(() => expect(new MemoryBackend()).not.toHaveDroppedNothing())).toContain('Fix: use expect(app)');
  });
});

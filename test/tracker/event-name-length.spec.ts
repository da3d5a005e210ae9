import fc from 'fast-check';
import {
  backend,
  defineEvent,
  LoggerBackend,
  MemoryBackend,
  NotConfirmedException,
  processor,
  RenameEvent,
} from 'nestjs-event-tracking';
import { z } from 'zod';
import { Envelope } from '../../src/event/envelope';
import { Normalizer } from '../../src/event/normalizer';
import { DEFAULT_LIMITS } from '../../src/event/value-limits';
import { heapUsed } from '../support/heap-used';
import { LogFolder } from '../support/log-folder';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const LONG = 'x'.repeat(5000);
const SHOWN = `${'x'.repeat(999)}…`;

describe('A name that is too long', () => {
  it('is cut at 1,000 characters, counted, and warned of once', async () => {
    const logger = new RecordingLogger();
    const { tracker, names, ledger } = await startTracking({ logger });
    tracker.emit('x'.repeat(1000));
    expect(ledger.tracker().replaced).toEqual({});
    tracker.emit(LONG);
    tracker.emit(LONG);
    await tracker.emitConfirmed(LONG);
    expect(names()).toEqual(['x'.repeat(1000), SHOWN, SHOWN, SHOWN]);
    expect(ledger.tracker().replaced).toEqual({ 'too-long': 3 });
    expect(logger.warnings).toEqual([expect.stringMatching(/^a value of "x{59}…" at name .*\(too-long\)/)]);
  });

  it('is cut at limits.maxNameLength, and never within a character', async () => {
    const { tracker, last } = await startTracking({ limits: { maxNameLength: 20 } });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (name) => {
        tracker.emit(name);
        const shown = last().name;
        expect(shown.length).toBeLessThanOrEqual(20);
        expect(shown).not.toMatch(/\p{Cs}/u);
        if (name.length <= 20) expect(shown).toBe(name);
      }),
    );
  });

  it.each([
    ['a processor returns it', (event: { name: string }) => ({ ...event, name: LONG })],
    ['a processor sets it', (event: { name: string }) => void (event.name = LONG)],
    ['a processor gives an event of another form', () => ({ name: LONG, data: new Map([['a', 1]]) })],
    ['RenameEvent gives it', processor(RenameEvent, { names: () => LONG })],
  ])('is cut where %s', async (_how, entry) => {
    const folder = new LogFolder();
    const { tracker, names, ledger } = await startTracking({
      processors: [entry as never],
      backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
    });
    tracker.emit('short');
    expect(names()).toEqual([SHOWN]);
    expect(folder.events()).toEqual([expect.objectContaining({ name: SHOWN })]);
    expect(ledger.tracker().replaced).toEqual({ 'too-long': 1 });
  });

  it('is cut where it comes back from a queue or a bus', () => {
    const stored = { name: LONG, timestamp: new Date(0), id: 'id', context: {}, data: { a: 1 } };
    const envelope = Envelope.carried(stored, {}, new Normalizer(DEFAULT_LIMITS));
    expect([envelope.name, envelope.event.name, envelope.sharedStored().name]).toEqual([SHOWN, SHOWN, SHOWN]);
    expect(JSON.parse(envelope.text())).toMatchObject({ name: SHOWN, id: 'id', data: { a: 1 } });
  });

  it('is shown short in an error', async () => {
    const { tracker } = await startTracking({ backends: { none: backend(Refusing) } });
    const failure: unknown = await tracker.emitConfirmed('x'.repeat(10_000_000)).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(NotConfirmedException);
    expect((failure as Error).message.length).toBeLessThan(500);
  });

  it('costs no memory, whether there is a catalog or not', async () => {
    const { tracker } = await startTracking({
      catalog: [defineEvent('known', { data: z.object({}) })],
      validation: { unplanned: 'off' },
      backends: { sink: backend(MemoryBackend, { maxEvents: 1 }) },
    });
    const before = heapUsed();
    for (let at = 0; at < 1000; at++) tracker.emit(`${String(at)}${'x'.repeat(50_000)}`);
    expect(heapUsed() - before).toBeLessThan(10_000_000); // the names are 50 MB
  });
});

class Refusing {
  send(): void {
    throw new Error('refused');
  }
}

import {
  AddContext,
  backend,
  defineEvent,
  LoggerBackend,
  MemoryBackend,
  NotConfirmedException,
  processor,
  Redact,
  RoutingBackend,
  Sample,
  type Backend,
  type ConfirmedEvent,
  type Destination,
  type TrackerService,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';
import { jsonSchema } from '../../src/entries/json-schema';
import { LogFolder } from '../support/log-folder';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

class Sending implements Backend {
  send(): void {}
}
class Delivering implements Destination {
  async sendBatch(): Promise<void> {}
}

/** A processor that emits, up to some levels deep. */
class Emitting {
  tracker: TrackerService | undefined;

  process(event: { readonly name: string }): void {
    if (event.name.length < 3) this.tracker?.emit(`${event.name}+`, { a: 1 });
  }
}

interface Run extends BuiltTracking {
  readonly folder: LogFolder;
  readonly logger: RecordingLogger;
}

async function started(options: TrackingModuleOptions = {}, emitting?: Emitting): Promise<Run> {
  const folder = new LogFolder();
  const logger = new RecordingLogger();
  const own = emitting === undefined ? [] : [(event: { readonly name: string }) => emitting.process(event)];
  const run = await startTracking({
    logger,
    processors: [
      (event) => event,
      ...own,
      processor(Redact, { keys: ['password'], paths: ['data.**.email'] }),
      processor(AddContext, { values: () => ({ added: 1 }) }),
    ],
    backends: {
      first: backend(MemoryBackend, { maxEvents: 10_000 }),
      log: backend(LoggerBackend, { path: folder.file() }),
      routing: backend(
        RoutingBackend,
        {},
        {
          processors: [processor(Sample, { defaultRate: 0.5 }), (event) => void (event.data['seen'] = true)],
          backends: {
            inner: backend(
              RoutingBackend,
              {},
              { backends: { memory: backend(MemoryBackend), none: backend(Sending) } },
            ),
            sending: backend(Sending, undefined, { processors: [() => null] }),
          },
        },
      ),
      sending: backend(Sending),
      to: backend(Delivering),
    },
    ...options,
  });
  if (emitting !== undefined) emitting.tracker = run.tracker;
  return Object.assign(run, { folder, logger });
}

/**
 * Goes down to the end of the stack, and calls `work` on the way up: with room for `from` calls,
 * for one more, up to `calls`.
 */
function nearEnd(from: number, calls: number, work: () => void): void {
  let room = 0;
  const down = (): void => {
    try {
      down();
    } catch {
      // The end.
    }
    // Each frame of this function is room for another call or two.
    if (room++ < calls && room > from) {
      try {
        work();
      } catch {
        // There is not even room for `work`.
      }
    }
  };
  down();
}

/** @returns what was thrown by calls of `emit` that had begun */
function emitNearEnd({ tracker }: Pick<BuiltTracking, 'tracker'>, emit: () => void): unknown[] {
  const thrown: unknown[] = [];
  nearEnd(0, 1000, () => {
    const { emitted } = tracker.ledger.tracker();
    let caught: unknown;
    try {
      emit();
    } catch (error) {
      caught = error;
    }
    if (caught !== undefined && tracker.ledger.tracker().emitted > emitted) thrown.push(caught);
  });
  return thrown;
}

/** The children of a routing node have received what it passed on, each of it once. */
function expectHandedOn({ ledger }: BuiltTracking): void {
  for (const { path, received } of ledger.nodes()) {
    if (path === '') continue;
    const parent = ledger.node(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
    expect({ path, received }).toEqual({ path, received: parent?.passed });
  }
}

function lostAtEnd({ ledger }: BuiltTracking): number {
  return [ledger.tracker(), ...ledger.nodes()].reduce((sum, { dropped }) => sum + (dropped['emit-failed'] ?? 0), 0);
}

describe('Near the end of the stack', () => {
  it('emit throws nothing once it has begun, and every event is counted at every node', async () => {
    const run = await started();
    for (let round = 0; round < 3 || (round < 20 && lostAtEnd(run) === 0); round++) {
      expect(emitNearEnd(run, () => run.tracker.emit('e', { a: 1, nested: { email: 'x' } }))).toEqual([]);
      expectBalance(run.ledger);
      expectHandedOn(run);
    }
    expect(lostAtEnd(run)).toBeGreaterThan(0); // or nothing was tested
    await run.tracker.flush();
    expectBalance(run.ledger);
    expect(run.folder.events().length).toBe(run.ledger.node('log')?.delivery?.delivered);
  }, 60_000);

  it.each(['report', 'reject'] as const)(
    'every event is counted with a catalog, and validation %p',
    async (validation) => {
      const properties = { a: { type: 'number' } };
      const schema = jsonSchema<{ a: number }>({
        type: 'object',
        properties,
        required: ['a'],
        additionalProperties: false,
      });
      const catalog = [defineEvent('e', { data: schema })];
      const run = await started({ catalog, validation });
      let at = 0;
      const emit = (): void => run.tracker.emit('e', { a: at++ % 2 === 0 ? 1 : ('wrong' as never) });
      expect(emitNearEnd(run, emit)).toEqual([]);
      expectBalance(run.ledger);
      expectHandedOn(run);
    },
    60_000,
  );

  it('every event is counted where processors emit', async () => {
    const run = await started({}, new Emitting());
    expect(emitNearEnd(run, () => run.tracker.emit('e', { a: 1 }))).toEqual([]);
    expectBalance(run.ledger);
    expectHandedOn(run);
  }, 60_000);

  it('no event is confirmed that is not everywhere', async () => {
    const run = await started();
    const promises: Promise<ConfirmedEvent>[] = [];
    // With less room, what the test itself does with the promise would fail.
    nearEnd(60, 3000, () => promises.push(run.tracker.emitConfirmed('e', { a: 1 })));
    const results = await Promise.allSettled(promises);
    const kept = new Set(run.events('first').map(({ id }) => id));
    const confirmed = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(confirmed.length).toBeGreaterThan(0);
    expect(failures.length).toBeGreaterThan(0);
    for (const { id, destinations } of confirmed) {
      expect(kept).toContain(id);
      expect(Object.keys(destinations)).toEqual(expect.arrayContaining(['first', 'log', 'sending', 'to']));
    }
    for (const failure of failures) {
      expect(failure instanceof NotConfirmedException || failure instanceof RangeError).toBe(true);
    }
    expectBalance(run.ledger);
    expectHandedOn(run);
  }, 60_000);

  it('the loss is logged once, when there is room for it', async () => {
    const run = await started();
    for (let round = 0; round < 20 && lostAtEnd(run) === 0; round++) {
      emitNearEnd(run, () => run.tracker.emit('e', { a: 1 }));
    }
    expect(lostAtEnd(run)).toBeGreaterThan(0);
    run.tracker.emit('later');
    await new Promise(setImmediate);
    expect(run.logger.warnings.filter((warning) => warning.includes("'emit-failed'"))).toHaveLength(1);
  }, 60_000);
});

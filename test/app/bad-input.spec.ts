import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import fc from 'fast-check';
import {
  backend,
  EventEmissionExit,
  InvalidContextException,
  LoggerBackend,
  MemoryBackend,
  RoutingBackend,
  type Backend,
  type Processor,
} from 'nestjs-event-tracking';
import { LogFolder } from '../support/log-folder';
import { anyValue, make, type ValuePlan } from '../support/nasty-values';
import { expectSameEvents } from '../support/seen-by-all';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';

/** What a processor or a backend of an application may do to an event. */
type Deed =
  | { readonly does: 'nothing' | 'cancels' | 'drops' | 'emits' | 'rejects' }
  | { readonly does: 'returns' | 'throws' | 'adds'; readonly value: ValuePlan }
  | {
      readonly does: 'sets' | 'replaces';
      readonly part: 'name' | 'timestamp' | 'context' | 'data';
      readonly value: ValuePlan;
    };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ does: fc.constantFrom('nothing' as const, 'cancels' as const, 'drops' as const, 'emits' as const) }),
  fc.record({ does: fc.constantFrom('returns' as const, 'throws' as const, 'adds' as const), value: anyValue }),
  fc.record({
    does: fc.constantFrom('sets' as const, 'replaces' as const),
    part: fc.constantFrom('name' as const, 'timestamp' as const, 'context' as const, 'data' as const),
    value: anyValue,
  }),
);

/**
 * One application for all runs: what its processors and its backend do is exchanged between them.
 */
class Patient {
  readonly folder = new LogFolder();
  readonly logger = new RecordingLogger();
  deeds: { processor: Deed; late: Deed; backend: Deed } = {
    processor: { does: 'nothing' },
    late: { does: 'nothing' },
    backend: { does: 'nothing' },
  };
  run!: BuiltTracking;
  private fd = -1;
  private readTo = 0;

  async start(): Promise<void> {
    const { folder, logger } = this;
    this.run = await startTracking({
      logger,
      processors: [this.processor('processor')],
      backends: {
        branch: backend(RoutingBackend, undefined, {
          processors: [this.processor('late')],
          backends: {
            log: backend(LoggerBackend, { path: folder.file('branch'), sync: true, format: 'reference' }),
            sink: backend(MemoryBackend, { maxEvents: 50_000 }),
          },
        }),
        log: backend(LoggerBackend, { path: folder.file(), sync: true }),
        sink: backend(MemoryBackend, { maxEvents: 50_000 }),
      },
    });
    const application: Backend = { send: (event) => this.perform(this.deeds.backend, event as never) as never };
    this.run.tracker.registerBackend('application', application);
    this.fd = openSync(folder.file(), 'r');
  }

  /** The lines that have come since the last call. */
  newLines(): string[] {
    const bytes = Buffer.alloc(fstatSync(this.fd).size - this.readTo);
    readSync(this.fd, bytes, 0, bytes.length, this.readTo);
    this.readTo += bytes.length;
    const lines = bytes.toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    return lines;
  }

  /** After each run: what holds whatever has happened. */
  expectHealthy(): void {
    const { run } = this;
    expectBalance(run.ledger);
    const memory = run.tracker.backend<MemoryBackend>('sink');
    const events = memory.events();
    // Cleared first: a failure must not make the later runs fail too, which shrink the input.
    memory.clear();
    run.tracker.backend<MemoryBackend>('branch/sink').clear();
    expectSameEvents(this.newLines(), events);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(12);
    expect(Object.getPrototypeOf(Object.prototype)).toBeNull();
  }

  stop(): void {
    closeSync(this.fd);
  }

  private processor(which: 'processor' | 'late'): Processor {
    return (event) => this.perform(this.deeds[which], event as never) as never;
  }

  private perform(deed: Deed, event: Record<string, unknown>): unknown {
    switch (deed.does) {
      case 'nothing':
        return undefined;
      case 'cancels':
        throw new EventEmissionExit();
      case 'drops':
        return null;
      case 'emits':
        this.run.tracker.emit('inner', { outer: event['name'] });
        return undefined;
      case 'rejects':
        return Promise.reject(new Error('nobody is to see this'));
      case 'returns':
        return make(deed.value);
      case 'throws':
        throw make(deed.value);
      case 'adds':
        event['added'] = make(deed.value);
        return undefined;
      case 'sets':
        event[deed.part] = make(deed.value);
        return undefined;
      case 'replaces':
        return { ...event, [deed.part]: make(deed.value) };
    }
  }
}

let patient: Patient;
const rejections: unknown[] = [];
const onRejection = (reason: unknown): void => void rejections.push(reason);

beforeEach(async () => {
  patient = new Patient();
  await patient.start();
  process.on('unhandledRejection', onRejection);
});
afterEach(() => {
  process.removeListener('unhandledRejection', onRejection);
  patient.stop();
});

const LONG = 120_000;

describe('Whatever it is given, emit', () => {
  it(
    'throws nothing, and log, memory and books agree: as name, data and context',
    () => {
      fc.assert(
        fc.property(anyValue, anyValue, anyValue, (name, data, context) => {
          const { tracker } = patient.run;
          let isRun = false;
          tracker.context(make(context) as object, () => {
            isRun = true;
            tracker.emit(make(name) as string, make(data) as object);
          });
          expect(isRun).toBe(true);
          expect(patient.run.events()).toHaveLength(1);
          patient.expectHealthy();
        }),
        { numRuns: 800 },
      );
    },
    LONG,
  );

  it(
    'throws nothing, and log, memory and books agree, whatever processors and backends do',
    () => {
      fc.assert(
        fc.property(deed, deed, deed, anyValue, (processor, late, backend, data) => {
          patient.deeds = { processor, late, backend };
          patient.run.tracker.context({ a: 1 }, () => patient.run.tracker.emit('e', make(data) as object));
          patient.expectHealthy();
        }),
        { numRuns: 800 },
      );
    },
    LONG,
  );

  it('loses no event to what a processor throws', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        patient.deeds.processor = { does: 'throws', value };
        patient.run.tracker.emit('e', { a: 1 });
        expect(patient.run.events()).toMatchObject([{ name: 'e', data: { a: 1 } }]);
        patient.expectHealthy();
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a well-formed line of the reference format, too', async () => {
    fc.assert(
      fc.property(anyValue, (data) => {
        patient.run.tracker.emit('e', make(data) as object);
        patient.expectHealthy();
      }),
      { numRuns: 300 },
    );
    await patient.run.tracker.flush();
    for (const event of patient.folder.events('branch')) expect(event.name).toBe('e');
    expect(patient.folder.text('branch')).toMatch(/^[\x20-\x7e\n]*$/);
    expect(patient.folder.lines('branch')).toHaveLength(patient.folder.lines().length);
  });
});

describe('Whatever it is given, enterContext', () => {
  it(
    'enters a copy of it or says that it is no context, and emit goes on',
    () => {
      fc.assert(
        fc.property(anyValue, (values) => {
          const { tracker } = patient.run;
          tracker.context({ a: 1 }, () => {
            try {
              tracker.enterContext('any', make(values) as object);
            } catch (error) {
              expect(error).toBeInstanceOf(InvalidContextException);
            }
            tracker.emit('e');
            expect(tracker.currentContext()).toEqual(patient.run.last().context);
          });
          patient.expectHealthy();
        }),
        { numRuns: 500 },
      );
    },
    LONG,
  );
});

describe('A promise that an application hands over', () => {
  it('is not left to end the process when it is rejected', async () => {
    patient.deeds.processor = { does: 'rejects' };
    patient.run.tracker.emit('e');
    patient.deeds.processor = { does: 'nothing' };
    patient.deeds.backend = { does: 'rejects' };
    patient.run.tracker.emit('e');
    await new Promise(setImmediate);
    expect(rejections).toEqual([]);
    expect(patient.run.ledger.node('')).toMatchObject({ dropped: { 'async-processor': 1 } });
    expect(patient.run.ledger.node('application')).toMatchObject({ dropped: { 'async-backend': 1 } });
  });
});

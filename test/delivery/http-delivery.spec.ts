import { backend, type DeliveryOptions, type DestinationCounts } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { SegmentBackend } from '../../src/entries/segment';
import { eventually } from '../support/eventually';
import { HttpSink, type SinkFault } from '../support/http-sink';
import { startTracking, type BuiltTracking } from '../support/start-tracking';
import { imbalance } from './books';

const QUICK: DeliveryOptions = {
  batch: { maxEvents: 10, maxWaitMs: 5 },
  retry: { minDelayMs: 1, maxDelayMs: 5 },
  timeoutMs: 150,
};

let sink: HttpSink;
beforeEach(async () => {
  sink = await HttpSink.listen();
});
afterEach(() => sink.close());

interface Run extends BuiltTracking {
  readonly counts: () => DestinationCounts;
}

async function started(described: ReturnType<typeof backend>): Promise<Run> {
  const run = await startTracking({ backends: { far: described } });
  const counts = (): DestinationCounts => {
    const found = run.ledger.destination('far');
    if (found === undefined) throw new Error('there is no destination');
    return found;
  };
  return Object.assign(run, { counts });
}

const toHttp = (delivery: DeliveryOptions = QUICK) => backend(HttpBackend, { url: sink.url, gzip: true }, { delivery });

function emit(run: Run, count: number): void {
  for (let n = 0; n < count; n++) run.tracker.emit('e', { n });
}

describe('Delivered over HTTP', () => {
  it.each<[string, SinkFault[]]>([
    ['429 and 503', [{ status: 429 }, { status: 503, headers: { 'retry-after': '0' } }]],
    ['500 and 408', [{ status: 500 }, { status: 408 }]],
    ['a wrong password', [{ status: 401 }, { status: 401 }]],
    ['resets before a reply', ['reset', 'reset', 'reset', 'reset']],
    ['what is not HTTP', ['garbage', 'garbage']],
    ['stalls', ['stall']],
  ])('every event arrives once through %s', async (_what, faults) => {
    sink.misbehave(...faults);
    const run = await started(toHttp());
    emit(run, 40);
    await eventually(() => expect(run.counts().delivered).toBe(40));
    expect(sink.taken.size).toBe(40);
    expect(sink.repeated).toEqual([]);
    expect(sink.complaints).toEqual([]);
    expect(run.counts().failedAttempts).toBeGreaterThan(0);
    expect(imbalance(run.counts())).toBe(0);
  });

  it.each<SinkFault>(['lost-reply', 'reset-in-reply', 'half-reply', 'stalled-reply'])(
    'every event arrives, again under its own id where the reply was lost: %s',
    async (fault) => {
      sink.misbehave(fault);
      const run = await started(toHttp());
      emit(run, 40);
      await eventually(() => expect(run.counts().delivered).toBe(40));
      expect(sink.taken.size).toBe(40);
      expect(sink.repeated).toHaveLength(10);
    },
  );

  it('waits as long as Retry-After says', async () => {
    sink.misbehave({ status: 429, headers: { 'retry-after': '1' } });
    const run = await started(toHttp());
    const before = performance.now();
    emit(run, 1);
    await eventually(() => expect(run.counts().delivered).toBe(1));
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  it('the event that the server does not take is found and kept, and the others arrive', async () => {
    await sink.close();
    sink = await HttpSink.listen({ refuses: ({ text }) => (text.includes('"n":13') ? 422 : undefined) });
    // No attempt may end too early on a busy machine: its events would arrive twice.
    const delivery = { ...QUICK, timeoutMs: 10_000 };
    const run = await started(backend(HttpBackend, { url: sink.url }, { delivery }));
    emit(run, 20);
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: 19, deadLettered: 1, pending: 0 }));
    expect(sink.taken.size).toBe(19);
    expect(sink.repeated).toEqual([]);
  });

  it('Segment gets every event with a user once, and those without are counted as no-user', async () => {
    sink.misbehave({ status: 500 });
    const run = await started(backend(SegmentBackend, { writeKey: 'k', host: sink.url }, { delivery: QUICK }));
    run.tracker.context({ user_id: 7 }, () => {
      emit(run, 25);
    });
    emit(run, 3);
    await eventually(() => expect(run.counts().delivered).toBe(25));
    expect(sink.taken.size).toBe(25);
    expect(sink.repeated).toEqual([]);
    expect(run.ledger.node('far')?.dropped).toEqual({ 'no-user': 3 });
  });
});

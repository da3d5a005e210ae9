/**
 * A disk that fills up under an application whose server is down: what is held goes on, what is not
 * taken is counted.
 */
import { backend, type DeliveryOptions, type DestinationCounts } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { HttpSink } from '../support/http-sink';
import { until } from '../support/until';
import { scratchFolder } from '../store/scratch-folder';
import { DiskApp, isPermitted, withMounts } from './disk-app';
import type { Answer } from './disk-app.child';
import { FarRun, MOST_SLOW_EMITS } from './far';

/** A process on a disk of 256 KiB that is gone with it. */
const onSmallDisk = (folder: string): string[] => withMounts(`mount -t tmpfs -o size=256k none '${folder}'`);
const canMount = isPermitted(onSmallDisk(scratchFolder()));

let sink: HttpSink;
beforeEach(async () => {
  sink = await HttpSink.listen();
});
afterEach(() => sink.close());

const SMALL: DeliveryOptions = {
  maxEvents: 50,
  batch: { maxEvents: 20, maxWaitMs: 5 },
  retry: { minDelayMs: 5, maxDelayMs: 50 },
};

class App extends DiskApp {
  constructor(delivery: DeliveryOptions) {
    const directory = scratchFolder();
    super(sink.url, delivery, { directory, before: onSmallDisk(directory) });
  }

  override async does(line: string): Promise<Answer> {
    const answer = await super.does(line);
    // What was not accepted was counted before the queue, as dropped.
    const { received, passed } = answer.node;
    expect({ received, passed }).toEqual({ received: answer.emitted, passed: answer.counts.accepted });
    expect(answer.node.dropped['queue-full'] ?? 0).toBe(answer.emitted - answer.counts.accepted);
    return answer;
  }
}

/** Everything that was accepted, each once. */
function expectArrived(counts: DestinationCounts): void {
  expect(counts).toMatchObject({ delivered: counts.accepted, deadLettered: 0, dropped: {}, pending: 0 });
  expect(sink.taken.size).toBe(counts.accepted);
  expect(sink.repeated).toEqual([]);
  expect(sink.complaints).toEqual([]);
}

const queues = [
  { queue: 'memory before it', durable: false },
  { queue: 'every event on it (durable)', durable: true },
];

describe.each(queues)('A full disk, with $queue,', ({ durable }) => {
  (canMount ? it : it.skip)(
    'costs what comes while there is no room, nothing that was taken, and is used again as soon as there is room',
    async () => {
      sink.misbehaveAlways({ status: 503 });
      const app = new App({ durable });
      const full = await app.does('emit 1000');
      expect(full.counts).toMatchObject({ isDiskFailing: true, delivered: 0, pending: full.counts.accepted });
      expect(full.counts.accepted).toBeGreaterThan(150);
      expect(full.counts.accepted).toBeLessThan(500);

      sink.misbehaveAlways(undefined);
      expectArrived((await app.settled()).counts);
      const more = await app.does('emit 40');
      expect(more.counts.accepted).toBe(full.counts.accepted + 40);
      expectArrived((await app.settled()).counts);

      // The server is down, and others fill the disk and clear it.
      sink.misbehaveAlways({ status: 503 });
      const { counts: before } = await app.does('emit 80');
      expect(before).toMatchObject({ accepted: more.counts.accepted + 80, isDiskFailing: false });
      await app.does('fill');
      const filled = await app.does('emit 300');
      expect(filled.counts.isDiskFailing).toBe(true);
      expect(filled.counts.accepted).toBeLessThan(before.accepted + 300);
      await app.does('free');
      const again = await app.does('emit 60');
      expect(again.counts).toMatchObject({ accepted: filled.counts.accepted + 60, isDiskFailing: false });

      sink.misbehaveAlways(undefined);
      expectArrived((await app.settled()).counts);
      expect((await app.does('close')).counts).toMatchObject({ handedOver: 0, pending: 0 });
      await app.exited;
    },
    40_000,
  );

  (canMount ? it : it.skip)('is found to have room again without any traffic', async () => {
    sink.misbehaveAlways({ status: 503 });
    const app = new App({ durable });
    const full = await app.does('emit 1000');
    expect(full.counts.isDiskFailing).toBe(true);
    await app.does('fill');
    sink.misbehaveAlways(undefined);
    const delivered = await app.settled();
    // Others have the disk now, so it stays full though all is delivered.
    expect(delivered.counts.delivered).toBe(full.counts.accepted);
    await app.does('free');
    await app.until(({ counts }) => !counts.isDiskFailing);
    const { warnings } = await app.does('close');
    expect(warnings.filter((text) => text.includes('cannot be used')).length).toBeGreaterThan(0);
    expect(warnings.every((text) => !text.includes('cannot be used') || text.includes('Fix: '))).toBe(true);
  });

  it('by its bound, costs what comes while there is no room, and is used again when there is', async () => {
    sink.misbehaveAlways({ status: 503 });
    const delivery: DeliveryOptions = { ...SMALL, durable, directory: scratchFolder(), maxDiskBytes: 131_072 };
    const run = await FarRun.start(backend(HttpBackend, { url: sink.url }, { delivery }), 700);
    const delivered = async (): Promise<void> => {
      await until(
        () => run.counts().pending === 0,
        () => JSON.stringify(run.counts()),
      );
      expectArrived(run.counts());
    };
    try {
      run.emit(1000);
      const { accepted } = run.counts();
      expect(run.counts()).toMatchObject({ isDiskFailing: false, pending: accepted });
      expect(accepted).toBeGreaterThan(100);
      expect(accepted).toBeLessThan(300);
      expect(run.counts().diskBytes).toBeLessThanOrEqual(131_072);

      sink.misbehaveAlways(undefined);
      await delivered();
      run.emit(40);
      expect(run.counts().accepted).toBe(accepted + 40);
      await delivered();
      expect(run.imbalances).toEqual([]);
      expect(run.slowEmits).toBeLessThanOrEqual(MOST_SLOW_EMITS);
    } finally {
      run.close();
    }
  });
});

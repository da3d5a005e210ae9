import { backend, MemoryBackend, type TrackingModuleOptions } from '../../../src/entries';
import { type Gate } from '../../delivery/gate';
import { describeWithServices } from '../../support/services';
import { RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { bullBackend, queueName, RedisView, type BullSetup } from './bull-run';

describeWithServices(['redis'], 'Two versions of an application on one Bull queue', (urls) => {
  let name: string;
  let redis: RedisView;
  const logger = new RecordingLogger();

  beforeEach(() => {
    name = queueName();
    redis = new RedisView(urls.redis, name);
    logger.warnings.length = 0;
  });

  /** The later version has one more node. */
  const start = (
    paths: readonly string[],
    role: TrackingModuleOptions['role'],
    setup: Partial<BullSetup> = {},
  ): Promise<BuiltTracking> => {
    const backends = Object.fromEntries(
      paths.map((path) => [path, bullBackend({ url: urls.redis, name, unclaimedTries: 60, ...setup })]),
    );
    return startTracking({ role, logger, backends: { here: backend(MemoryBackend), ...backends } });
  };
  const gate = (run: BuiltTracking, path: string): Gate => run.tracker.backend<Gate>(`${path}/gate`);
  const emit = async (web: BuiltTracking, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) web.tracker.emit(`e${String(n)}`);
    await web.tracker.flush();
  };
  const letters = (run: BuiltTracking): number => run.tracker.deadLetters.list().length;
  const seen = (run: BuiltTracking, path: string): number => new Set(gate(run, path).names).size;

  it('share it: what the earlier one does not know waits for the later one, and nothing is lost or sent twice', async () => {
    const web = await start(['old', 'new'], 'emitter', { delivery: { batch: { maxEvents: 10, maxWaitMs: 5 } } });
    const earlier = await start(['old'], 'worker');
    await emit(web, 100);
    await until(() => seen(earlier, 'old') === 100);
    await until(() => logger.warnings.some((line) => /go back to it.*"new".*Fix: /.test(line)));
    expect(letters(earlier)).toBe(0);
    const later = await start(['old', 'new'], 'worker');
    await until(() => seen(later, 'new') === 100);
    expect(gate(later, 'new').taken).toHaveLength(100);
    expect(letters(earlier) + letters(later)).toBe(0);
    expect(earlier.ledger.node('old')?.work).toMatchObject({ received: 100, settled: 100 });
    await until(() => web.ledger.node('new')?.queue?.unsettledEvents === 0);
  });

  it('leave a job in a newer format to the worker that can read it', async () => {
    const earlier = await start(['old'], 'worker');
    const id = await redis.addJob({ format: 2, tracker: 'default', path: 'old', batches: [] });
    await until(() => logger.warnings.some((line) => line.includes('go back to it')));
    expect(letters(earlier)).toBe(0);
    await earlier.app.close();
    expect(await redis.redis.hget(redis.key(id), 'unclaimed')).toBe('1');
    expect(await redis.redis.zscore(redis.key('delayed'), id)).not.toBeNull();
  });

  it('bury what none of them takes after so many tries: in the ledger, and redriven to one that can', async () => {
    const web = await start(['new'], 'emitter');
    const earlier = await start(['old'], 'worker', { unclaimedTries: 1 });
    await emit(web, 3);
    await until(() => letters(earlier) === 3);
    expect(
      earlier.tracker.deadLetters.list({ name: 'e1', reason: /^unknown-path: .*"new".*it has "old"/ }),
    ).toHaveLength(1);
    expect(earlier.ledger.destination('old')).toMatchObject({ deadLetters: 3 });
    await until(() => web.ledger.node('new')?.queue?.unsettledEvents === 0);
    const later = await start(['old', 'new'], 'worker');
    expect(await earlier.tracker.deadLetters.redrive({ name: 'e1' })).toBe(1);
    // The earlier one may be quicker again.
    await until(
      async () => (await earlier.tracker.deadLetters.redrive({ name: 'e1' })) > 1 || seen(later, 'new') === 1,
    );
    expect(gate(later, 'new').names).toEqual(['e1']);
    expect(letters(earlier)).toBe(2);
  });
});

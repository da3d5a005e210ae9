/**
 * What a network and a server can do to a destination, with real ones: nothing is lost, and whoever
 * emits does not notice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MongoBackend } from 'nestjs-event-tracking/mongoose';
import type { DeliveryOptions } from '../../src/entries';
import { OwnServer } from '../support/own-server';
import { describeWithPrograms, describeWithServices } from '../support/services';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';
import { imbalance } from './books';
import { farHttp, farMongo, FarRun, QUICK, type FarKind, type FarServer, MOST_SLOW_EMITS } from './far';

/** What a test has opened, undone in reverse, after its application is closed. */
const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of opened.splice(0).reverse()) await undo();
});

/** So much has to happen before a test goes on; many machines are slow. */
async function reaches(run: FarRun, isSo: () => boolean): Promise<void> {
  await until(isSo, () => JSON.stringify(run.counts()), 15_000);
}

async function landed(server: FarServer, events: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const count = await server.count();
    if (count >= events) return;
    if (performance.now() > deadline) throw new Error(`${String(count)} of ${String(events)} events are there`);
    await new Promise(setImmediate);
  }
}

/** Waits until all is settled, and looks at the sender's side of it. */
async function allDelivered(run: FarRun): Promise<void> {
  run.stopEmitting();
  await reaches(run, () => run.counts().pending === 0);
  const { emitted } = run;
  expect(run.counts()).toMatchObject({ accepted: emitted, delivered: emitted, deadLettered: 0 });
  expect(imbalance(run.counts())).toBe(0);
  expect(run.imbalances).toEqual([]);
  expect(run.slowEmits).toBeLessThanOrEqual(MOST_SLOW_EMITS);
}

/** The same, and asks the server. @returns how many events it took more than once */
async function allArrived(run: FarRun, server: FarServer): Promise<number> {
  await allDelivered(run);
  const { emitted } = run;
  const arrivals = await server.arrivals();
  const numbers = arrivals.map(({ n }) => n).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: emitted }, (_none, n) => n)); // each under one id
  expect(new Set(arrivals.map(({ id }) => id)).size).toBe(emitted);
  expect(server.complaints()).toEqual([]);
  return arrivals.filter(({ times }) => times > 1).length;
}

async function started(...how: Parameters<typeof FarRun.start>): Promise<FarRun> {
  const run = await FarRun.start(...how);
  opened.push(() => {
    run.close();
  });
  return run;
}

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tracking-faults-'));
  opened.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

describeWithServices(['mongo', 'toxiproxy'], 'A destination', (urls) => {
  interface Far {
    readonly server: FarServer;
    readonly way: FaultyWay;
    start(delivery?: DeliveryOptions, eventBytes?: number): Promise<FarRun>;
  }

  async function far(kind: FarKind): Promise<Far> {
    const server = kind === 'MongoBackend' ? farMongo(urls.mongo) : await farHttp(kind);
    opened.push(() => server.close());
    const way = await FaultyWay.to(urls.toxiproxy, server.url);
    opened.push(() => way.delete());
    return {
      server,
      way,
      start: (delivery, eventBytes) => started(server.describe(way.url, { ...QUICK, ...delivery }), eventBytes),
    };
  }

  describe.each<FarKind>(['HttpBackend', 'SegmentBackend', 'MongoBackend'])('of %s', (kind) => {
    it('that is down at the start lets the application start, and gets what waited when it is up', async () => {
      const { server, way, start } = await far(kind);
      await way.disable();
      const run = await start();
      run.emit(300);
      await reaches(run, () => run.counts().breaker === 'open');
      expect(run.counts()).toMatchObject({ accepted: 300, pending: 300, delivered: 0 });
      await way.enable();
      expect(await allArrived(run, server)).toBe(0);
    });

    it('that goes down under load and comes back gets every event', async () => {
      const { server, way, start } = await far(kind);
      const run = await start();
      run.keepEmitting();
      await reaches(run, () => run.counts().delivered > 0);
      await way.disable();
      await reaches(run, () => run.counts().breaker === 'open');
      const { emitted } = run;
      const { attempts } = run.counts();
      await reaches(run, () => run.emitted > emitted + 200 && run.counts().attempts > attempts + 2);
      await way.enable();
      const { delivered } = run.counts();
      await reaches(run, () => run.counts().delivered > delivered);
      await allArrived(run, server);
    });

    it('that is 500 ms away gets each event once', async () => {
      const { server, way, start } = await far(kind);
      const run = await start({ timeoutMs: 5000 });
      run.emit(1);
      await reaches(run, () => run.counts().delivered === 1);
      await way.add({ type: 'latency', latencyMs: 500 });
      const begin = performance.now();
      run.keepEmitting();
      await reaches(run, () => run.counts().delivered > 1);
      expect(performance.now() - begin).toBeGreaterThan(490);
      expect(await allArrived(run, server)).toBe(0);
      expect(run.counts().failedAttempts).toBe(0);
    });

    it('that falls silent is given up on after timeoutMs, and gets every event when it can be heard again', async () => {
      const { server, way, start } = await far(kind);
      const run = await start({ timeoutMs: 150 });
      run.emit(1);
      await reaches(run, () => run.counts().delivered === 1);
      const fix = await way.add({ type: 'stall' }, 'upstream');
      run.keepEmitting();
      await reaches(run, () => run.counts().failedAttempts >= 3);
      expect(run.counts().lastError?.text).toMatch(/no answer within 150 ms|did not answer in time/);
      expect(run.counts().delivered).toBe(1);
      expect(await server.count()).toBe(1);
      await fix();
      // By HTTP perhaps more than once: on a busy machine a reply, too, takes longer than that.
      await allArrived(run, server);
    });

    it('whose connection breaks in the middle of a batch gets each event once', async () => {
      const { server, way, start } = await far(kind);
      const run = await start();
      run.emit(1);
      await reaches(run, () => run.counts().delivered === 1);
      const fix = await way.add({ type: 'limit_data', bytes: 20_000 }, 'upstream'); // of 60,000 and more
      run.emit(300);
      await reaches(run, () => run.counts().failedAttempts >= 3);
      expect(run.counts().delivered).toBe(1);
      expect(await server.arrivals()).toHaveLength(1);
      await fix();
      expect(await allArrived(run, server)).toBe(0);
    });

    it('whose connections are reset under load gets every event', async () => {
      const { server, way, start } = await far(kind);
      const run = await start();
      run.keepEmitting();
      for (let times = 0; times < 3; times++) {
        const { delivered, failedAttempts } = run.counts();
        await reaches(run, () => run.counts().delivered > delivered);
        const fix = await way.add({ type: 'reset_peer', timeoutMs: 0 });
        await reaches(run, () => run.counts().failedAttempts > failedAttempts);
        await fix();
      }
      await allArrived(run, server);
    });

    it('whose reply is lost after it took the events gets them again under the same ids', async () => {
      const { server, way, start } = await far(kind);
      const run = await start({ timeoutMs: 150 });
      run.emit(1);
      await reaches(run, () => run.counts().delivered === 1);
      const fix = await way.add({ type: 'stall' });
      run.emit(100);
      await landed(server, 101);
      await reaches(run, () => run.counts().failedAttempts > 0);
      expect(run.counts().delivered).toBe(1);
      await fix();
      const again = await allArrived(run, server);
      // MongoDB answers that they are there, and has each once; by HTTP it is for the receiver to
      // know them by their ids.
      expect(kind === 'MongoBackend' ? (run.backend as MongoBackend).duplicates : again).toBeGreaterThanOrEqual(100);
    });
  });

  it.each<FarKind>(['HttpBackend', 'MongoBackend'])(
    'of %s that is down for 20,000 events gets each once, though memory holds 500',
    async (kind) => {
      const { server, way, start } = await far(kind);
      await way.disable();
      const run = await start(
        {
          ...{ directory: scratchFolder(), maxEvents: 500, maxBytes: 200_000 },
          ...{ batch: { maxEvents: 1000, maxWaitMs: 5 }, concurrency: 4 },
        },
        0,
      );
      while (run.emitted < 20_000) {
        run.emit(100);
        await new Promise(setImmediate);
      }
      await reaches(run, () => run.counts().breaker === 'open');
      expect(run.counts()).toMatchObject({ accepted: 20_000, pending: 20_000, isOverflowing: true });
      await way.enable();
      await allDelivered(run);
      expect(await server.count()).toBe(20_000);
      expect(server.complaints()).toEqual([]);
      expect(run.counts()).toMatchObject({ isOverflowing: false, isDiskFailing: false });
    },
    60_000,
  );
});

describeWithPrograms(['mongo'], 'A MongoDB', (programs) => {
  it('that is killed twice under load, and started again on its data, has each event once', async () => {
    const mongo = await OwnServer.start(programs.mongo);
    opened.push(() => mongo.remove());
    const server = farMongo(mongo.url);
    const run = await started(server.describe(server.url, { ...QUICK, timeoutMs: 1000 }));
    run.keepEmitting();
    for (let kills = 0; kills < 2; kills++) {
      const { delivered, failedAttempts } = run.counts();
      await reaches(run, () => run.counts().delivered > delivered + 100);
      await mongo.kill();
      await reaches(run, () => run.counts().failedAttempts > failedAttempts);
      await mongo.start();
    }
    await allArrived(run, server);
  });
});

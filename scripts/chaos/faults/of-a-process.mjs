// @ts-check
// Faults around one application and its destination.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const DAY_MS = 86_400_000;

/**
 * The clock of the system is set, back and forth, while events wait, are tried again and the
 * breaker is open.
 */
export async function clock(run, { rounds }) {
  const life = await run.start({
    tree: { way: run.way, delivery: { durable: true } },
    options: { delivery: { directory: run.directory } },
  });
  const jumps = [-60_000, -DAY_MS, 8 * DAY_MS, -3_600_000, 60_000];
  for (let round = 0; round < rounds; round++) {
    run.sink.answer = () => 503;
    life.send('emit', { count: 200 });
    await wait(500);
    life.send('clock', { offsetMs: jumps[round % jumps.length] });
    await wait(200);
    run.sink.answer = () => 200;
    const since = performance.now();
    await run.settled(20_000);
    if ((await run.missing()).length > 0)
      run.faults.push(
        `round ${round}: still waiting ${Math.round(performance.now() - since)} ms after the destination was back`,
      );
  }
  await life.end();
}

/**
 * The delivery directory is removed, renamed or emptied while the application runs; the destination
 * is down half of the time.
 */
export async function directory(run, { rounds }) {
  const at = join(run.directory, 'queue');
  const life = await run.start({
    tree: { way: run.way, delivery: { durable: true } },
    options: { delivery: { directory: at } },
  });
  const ways = [
    () => rmSync(at, { recursive: true, force: true }),
    () => renameSync(at, `${at}-${String(performance.now())}`),
    () => { for (const name of readdirSync(join(at, 'default'))) rmSync(join(at, 'default', name), { recursive: true, force: true }); }, // prettier-ignore
  ];
  for (let round = 0; round < rounds; round++) {
    run.sink.answer = () => (round % 2 === 0 ? 503 : 200);
    life.send('emit', { count: 3000, everyMs: 0 }); // more than are taken from the disk beforehand
    await life.emitted();
    life.send('emit', { count: 1000 });
    mkdirSync(join(at, 'default'), { recursive: true });
    ways[round % ways.length]?.();
    await wait(2500); // it is looked at every second
    await life.emitted();
  }
  run.sink.answer = () => 200;
  await run.settled();
  const books = await life.books();
  if (books.nodes.some(({ isDiskFailing }) => isDiskFailing)) run.faults.push('the disk still counts as failing');
  await life.end();
}

/**
 * SIGTERM, and SIGKILL before the application has closed: what has emitted and is not durable must
 * be on disk by then.
 */
export async function gracePeriod(run, { rounds }) {
  const start = () =>
    run.start({ tree: { way: run.way }, options: { delivery: { directory: run.directory }, shutdownTimeoutMs: 8000 } });
  run.sink.answer = async () => {
    await wait(300); // too slow for what comes
    return 200;
  };
  for (let round = 0; round < rounds; round++) {
    const life = await start();
    life.send('emit', { everyMs: 0, count: 1500 });
    await wait(300 + Math.random() * 400);
    life.child.kill('SIGTERM');
    await Promise.race([life.ended, wait(1600)]);
    await life.kill('SIGKILL');
  }
  run.sink.answer = () => 200;
  const last = await start();
  await run.settled();
  await last.end();
}

/**
 * One event in a hundred makes the destination answer 500, whatever comes with it; ordered in every
 * other round.
 */
export async function poison(run, { rounds }) {
  run.sink.answer = (batch) => (batch.some(({ properties }) => properties.data.poison) ? 500 : 200);
  for (let round = 0; round < rounds; round++) {
    const retry = { attempts: 3, minDelayMs: 5, maxDelayMs: 50 };
    const life = await run.start({
      tree: { way: run.way, delivery: { ordered: round % 2 === 0, retry } },
      options: { delivery: { directory: join(run.directory, String(round)) } },
    });
    life.send('emit', { count: 300, poisonEvery: 100 });
    await life.emitted();
    await run.settled();
    await life.end();
  }
  for (const key of run.dead)
    if ((Number(key.split('-')[1]) + 1) % 100 !== 0) run.faults.push(`${key} became a dead letter and is no poison`);
}

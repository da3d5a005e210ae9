// @ts-check
// Applications that are stopped at random moments and started again, by SIGKILL or SIGTERM.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TRANSACTIONS } from './faults/faults.mjs';
import { startSink } from './http-sink.mjs';
import { openMongo } from './mongo-sink.mjs';
import { openPostgres } from './postgres-sink.mjs';
import { runTransactions } from './transactions.mjs';
import { runWorkers } from './workers.mjs';

const emitter = join(dirname(fileURLToPath(import.meta.url)), 'emitter.mjs');
/** A life that has not relied on anything by then hangs. */
const PATIENCE_MS = 30_000;
/** How long an application, or its server, runs before it is stopped. */
const MAX_LIFE_MS = 400;

/** @returns the figures of one run: see scripts/chaos.mjs */
export async function runStops({ backend, signal, kills, directory }) {
  if (TRANSACTIONS.includes(backend)) return runTransactions({ backend, signal, kills, directory });
  const sinks = { segment: startSink, postgres: openPostgres };
  const sink = await (sinks[backend] ?? openMongo)();
  const run = { backend, signal, kills, directory, sink, relied: new Set(), sentAgain: 0 };
  try {
    const { dead, ...more } = ['segment', 'mongo', 'postgres'].includes(backend)
      ? await runLives(run)
      : await runProcesses(run);
    const arrived = await sink.arrived();
    const lost = [...run.relied].filter((key) => !arrived.has(key) && !dead.has(key));
    return {
      ...{ relied: run.relied.size, arrived: arrived.size, deadLettered: dead.size, reported: 0, lost: lost.length },
      ...{ sentAgain: run.sentAgain + sink.sentAgain(), missing: lost.slice(0, 5), faults: sink.faults ?? [], ...more },
    };
  } finally {
    await sink.close();
  }
}

async function runLives(run) {
  const { sink, kills, signal } = run;
  let life = 0;
  for (let left = kills; left > 0;) {
    // Of every two kills, one hits the application and one its server, if the run has one.
    const hitsServer = sink.kill !== undefined && left > 1;
    left -= hitsServer ? 2 : 1;
    await live(run, ++life, 'emit', async (child) => {
      await wait(Math.random() * MAX_LIFE_MS);
      if (hitsServer) {
        await sink.kill();
        await wait(Math.random() * MAX_LIFE_MS);
        // Without a disk, closing does not wait for a server that refuses connections.
        if (signal === 'TERM') await sink.up();
      }
      child.kill(`SIG${signal}`);
    });
  }
  await sink.up?.();
  // The last life only delivers what the others have left.
  await live(run, life + 1, 'deliver', async () => undefined);
  return { dead: new Set(), ...(sink.kills && { serverKills: sink.kills() }) };
}

async function runProcesses(run) {
  const { backend, kills, signal, directory, sink } = run;
  return runWorkers({
    ...{ way: backend, kills, signal, directory, url: sink.url },
    patienceMs: backend === 'kafka' ? 2 * PATIENCE_MS : PATIENCE_MS,
    onRelied: (key) => run.relied.add(key),
    onSentAgain: (events) => (run.sentAgain += events),
  });
}

/**
 * One life of the application. @param meanwhile called once it relies on its first event, or has
 * begun to deliver
 */
function live(run, life, mode, meanwhile) {
  const { backend, signal, directory, sink, relied } = run;
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const { url, schema } = sink;
      const settings = { life, mode, directory, backend, signal, url, schema };
      const child = spawn(process.execPath, [emitter], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, CHAOS: JSON.stringify(settings) },
      });
      let hasBegun = false;
      const patience = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`life ${life} (${mode}) has not ended within ${PATIENCE_MS} ms`));
      }, PATIENCE_MS);
      // Lines: "+ key" is relied on, "again N" were sent again. What a killed process wrote before
      // its death is still read.
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('+ ')) relied.add(line.slice(2));
        if (line.startsWith('again ')) run.sentAgain += Number(line.slice(6));
        if (hasBegun) return;
        hasBegun = true;
        meanwhile(child).catch((error) => {
          child.kill('SIGKILL');
          reject(error);
        });
      });
      child.once('close', (code, exitSignal) => {
        clearTimeout(patience);
        const isExpected = exitSignal === 'SIGKILL' || code === 0 || exitSignal === 'SIGTERM';
        if (isExpected && (hasBegun || mode === 'deliver')) resolve();
        else reject(new Error(`life ${life} (${mode}) ended with ${code ?? exitSignal}`));
      });
    })
  );
}

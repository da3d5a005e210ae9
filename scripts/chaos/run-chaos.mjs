// @ts-check
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAULTS } from './faults/faults.mjs';
import { FaultRun } from './faults/run.mjs';
import { startSink } from './http-sink.mjs';
import { runStops } from './stops.mjs';

/**
 * Runs one scenario.
 * @returns the events that must not be lost, their outcomes, and other errors: { relied, arrived,
 * deadLettered, reported, lost, sentAgain, missing, faults, books?, serverKills?, orphans?,
 * phantoms? }. `reported` events are counted as lost by the ledger; `lost` events are not counted
 * anywhere. `orphans` belong to a row and did not arrive; `phantoms` arrived without a row
 */
export async function runChaos({ backend, signal = 'KILL', fault, kills, minutes = 0 }) {
  const until = performance.now() + minutes * 60_000;
  let total;
  do {
    const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
    try {
      const run = { backend, signal, kills, directory };
      total = sumOf(total, fault ? await runFault(fault, run) : await runStops(run));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } while (performance.now() < until && isGood(total));
  return total;
}

export function isGood({ relied, lost, faults }) {
  return lost === 0 && relied > 0 && faults.length === 0;
}

async function runFault(name, { backend, kills, directory }) {
  const run = Object.assign(new FaultRun({ directory, sink: await startSink() }), { way: backend });
  try {
    await FAULTS[name].inject(run, { rounds: kills });
    return await run.figures();
  } finally {
    await run.close();
  }
}

function sumOf(one, other) {
  if (one === undefined) return other;
  const add = (name) => one[name] + other[name];
  const books = one.books && {
    read: one.books.read + other.books.read,
    balanced: one.books.balanced + other.books.balanced,
  };
  return {
    ...{ relied: add('relied'), arrived: add('arrived'), deadLettered: add('deadLettered'), reported: add('reported') },
    ...{ lost: add('lost'), sentAgain: add('sentAgain'), ...(books && { books }) },
    ...(one.serverKills !== undefined && { serverKills: add('serverKills') }),
    ...(one.orphans !== undefined && { orphans: add('orphans'), phantoms: add('phantoms') }),
    ...{ missing: [...one.missing, ...other.missing].slice(0, 5), faults: [...one.faults, ...other.faults] },
  };
}

// @ts-check
// `npm run chaos:all -- [--kills N] [--minutes N]`: every pair of backend and fault once, and one
// table. For a night.
import { parseArgs } from 'node:util';
import { BACKENDS, FAULTS } from './chaos/faults/faults.mjs';
import { isGood, runChaos } from './chaos/run-chaos.mjs';

const { values } = parseArgs({
  options: { kills: { type: 'string' }, minutes: { type: 'string', default: '0' } },
});
const minutes = Number(values.minutes);
/** @type {{ backend: string, signal?: string, fault?: string }[]} */
const stops = BACKENDS.flatMap((backend) => ['KILL', 'TERM'].map((signal) => ({ backend, signal })));
/** @type {typeof stops} */
const faults = Object.entries(FAULTS).flatMap(([fault, { backends }]) =>
  backends.map((backend) => ({ backend, fault })),
);

console.log(row('backend', 'fault', 'relied on', 'arrived', 'dead', 'counted', 'lost', 'again', 's'));
let failed = 0;
for (const { backend, signal, fault } of [...stops, ...faults]) {
  const kills = Number(values.kills ?? (fault ? 3 : 20));
  const since = performance.now();
  const name = fault ?? signal;
  try {
    const figures = await runChaos({ backend, signal, fault, kills, minutes });
    const { relied, arrived, deadLettered, reported, lost, sentAgain } = figures;
    const seconds = Math.round((performance.now() - since) / 1000);
    const verdict = isGood(figures) ? '' : '  FAILED';
    console.log(row(backend, name, relied, arrived, deadLettered, reported, lost, sentAgain, seconds) + verdict);
    // Held events do not promise to arrive.
    if (figures.orphans > lost) console.log(`  ${figures.orphans} orphans: events of rows that did not arrive`);
    for (const each of figures.faults) console.log(`  ${each}`);
    if (!isGood(figures)) failed++;
  } catch (error) {
    failed++;
    console.log(`${row(backend, name)}  FAILED: ${error.message}`);
  }
}
console.log(failed === 0 ? 'no event was lost without being counted' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function row(backend, fault, ...figures) {
  return backend.padEnd(14) + fault.padEnd(13) + figures.map((figure) => String(figure).padStart(10)).join('');
}

// @ts-check
// `npm run chaos -- [--backend NAME] [--signal KILL|TERM | --fault NAME] [--kills N] [--minutes N]
// [--json]`
//
// Starts applications that emit events, stops and breaks them as deployments do, and compares the
// events that must not be lost with those that arrived.
//
// KILL: deliveries are durable, and an event counts once emitConfirmed has resolved.
// TERM: there is no disk and the sink is up, and an event counts once emit has returned.
// postgres: of every two kills, one hits the server, a PostgreSQL of its own
// (scripts/chaos/own-postgres.mjs), and one the application.
// held, outbox: the same with two applications whose transactions write rows and emit events about
// them. Rows are compared with events (scripts/chaos/transactions.mjs).
// bull, redis-streams, kafka: a web process and two workers around a queue or bus are stopped in
// turns (scripts/chaos/workers.mjs), and events go to MongoDB.
// --fault (scripts/chaos/faults): an event counts once emit has returned. It must arrive, become a
// dead letter, or be counted as lost.
//
// The URL of MongoDB is MONGO_URL, or that of `npm run services`.
import { parseArgs } from 'node:util';
import { BACKENDS, FAULTS } from './chaos/faults/faults.mjs';
import { isGood, runChaos } from './chaos/run-chaos.mjs';

const USAGE = `usage: npm run chaos -- [options]
  --backend NAME   ${BACKENDS.join(', ')} (segment; with --fault, the first that it has)
  --signal NAME    KILL or TERM: how applications are stopped (KILL)
  --fault NAME     ${Object.keys(FAULTS).join(', ')}: instead of stopping them
  --kills N        how often they are stopped (20), or the fault is made (3)
  --minutes N      again and again, for so long at least
  --json           one line of JSON
  --help           this text`;

const options = optionsOf(process.argv.slice(2));
const figures = await runChaos(options);
const { backend, signal, fault, kills } = options;
if (options.json) {
  console.log(JSON.stringify({ chaos: backend, ...(fault ? { fault } : { signal }), kills, ...figures }));
} else {
  const { relied, arrived, lost, sentAgain, deadLettered, reported, books, serverKills, orphans, phantoms } = figures;
  const said = books === undefined ? '' : `, books balanced in ${books.balanced} of ${books.read} lives`;
  const killed = serverKills === undefined ? '' : `, server kills ${serverKills}`;
  const compared = orphans === undefined ? '' : `, orphans ${orphans}, phantoms ${phantoms}`;
  console.log(
    `relied on ${relied}, arrived ${arrived} distinct, lost ${lost}, sent again ${sentAgain}, dead-lettered ${deadLettered}, ` +
      `counted as lost ${reported}${said}${killed}${compared}`,
  );
}
if (figures.lost > 0) console.error(`chaos: lost, for example: ${figures.missing.join(', ')}`);
for (const each of figures.faults) console.error(`chaos: ${each}`);
process.exitCode = isGood(figures) ? 0 : 1;

function optionsOf(args) {
  /** @type {Record<string, any>} */
  let values;
  try {
    const text = (value) => ({ type: /** @type {const} */ ('string'), ...(value && { default: value }) });
    const flag = { type: /** @type {const} */ ('boolean'), default: false };
    const known = { backend: text(), signal: text('KILL'), fault: text(), kills: text(), minutes: text('0') };
    values = parseArgs({ args, options: { ...known, json: flag, help: flag } }).values;
  } catch (error) {
    return refuse(error.message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const { fault, signal, kills = fault ? '3' : '20', minutes } = values;
  if (fault && !(fault in FAULTS)) refuse(`there is no fault "${fault}"`);
  const backends = fault ? FAULTS[fault].backends : BACKENDS;
  const backend = values.backend ?? backends.at(0);
  if (!BACKENDS.includes(backend)) refuse(`there is no backend "${backend}"`);
  if (!backends.includes(backend)) refuse(`the fault ${fault} is one of ${backends.join(', ')}, not of ${backend}`);
  if (!(Number(kills) >= 0)) refuse(`--kills is "${kills}", not a number from 0 up`);
  if (!(Number(minutes) >= 0)) refuse(`--minutes is "${minutes}", not a number from 0 up`);
  if (!['KILL', 'TERM'].includes(signal)) refuse(`--signal is "${signal}", not KILL or TERM`);
  return { json: values.json, backend, signal, fault, kills: Number(kills), minutes: Number(minutes) };
}

/**
 * @param {string} what
 * @returns {never}
 */
function refuse(what) {
  console.error(`chaos: ${what}\n${USAGE}`);
  process.exit(2);
}

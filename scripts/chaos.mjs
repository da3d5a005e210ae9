// `npm run chaos -- [--kills 20] [--backend mongo|segment|bull|redis-streams|kafka] [--signal KILL|TERM] [--json]`
// Starts an application that emits, stops it at random moments, starts it again, and compares what it relied on with what arrived.
// KILL: `durable`; an event is relied on once emitConfirmed has resolved. TERM: no disk, the sink is up; once emit has returned.
// bull, redis-streams, kafka: a web process and two workers around a queue or bus, stopped in turns (scripts/chaos/workers.mjs), into MongoDB.
// For MongoDB the URL is MONGO_URL, or that of `npm run services`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runWorkers } from './chaos/workers.mjs';
import { startSink } from './chaos/http-sink.mjs';
import { openMongo } from './chaos/mongo-sink.mjs';

const USAGE = `usage: npm run chaos -- [options]
  --kills N        how often the application is stopped (20)
  --backend NAME   mongo, segment, bull, redis-streams or kafka (segment)
  --signal NAME    KILL or TERM (KILL)
  --json           one line of JSON
  --help           this text`;
const options = optionsOf(process.argv.slice(2));
const kills = Number(options.kills);

const emitter = join(dirname(fileURLToPath(import.meta.url)), 'chaos/emitter.mjs');
/** A life that has not relied on anything by then hangs. */
const PATIENCE_MS = 30_000;
const hasWorkers = ['bull', 'redis-streams', 'kafka'].includes(options.backend);
const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
const relied = new Set();
let sentAgain = 0;

const sink = options.backend === 'segment' ? await openHttp() : await openMongo();
try {
  const { dead, more, said } = hasWorkers ? await runProcesses() : await runLives();
  const arrived = await sink.arrived();
  const lost = [...relied].filter((key) => !arrived.has(key) && !dead.has(key));
  sentAgain += sink.sentAgain();
  const figures = { relied: relied.size, arrived: arrived.size, lost: lost.length, sentAgain, ...more };
  console.log(
    options.json
      ? JSON.stringify({ chaos: options.backend, signal: options.signal, kills, ...figures })
      : `relied on ${figures.relied}, arrived ${figures.arrived} distinct, lost ${figures.lost}, sent again ${figures.sentAgain}${said}`,
  );
  if (lost.length > 0 || relied.size === 0) {
    console.error(`chaos: lost, for example: ${lost.slice(0, 5).join(', ')}`);
    process.exitCode = 1;
  }
  for (const fault of more.faults ?? []) {
    console.error(`chaos: ${fault}`);
    process.exitCode = 1;
  }
} finally {
  await sink.close();
  rmSync(directory, { recursive: true, force: true });
}

function optionsOf(args) {
  let values;
  try {
    values = parseArgs({
      args,
      options: {
        kills: { type: 'string', default: '20' },
        backend: { type: 'string', default: 'segment' },
        signal: { type: 'string', default: 'KILL' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (!(Number(values.kills) >= 0)) refuse(`--kills is "${values.kills}", not a number from 0 up`);
  if (!['mongo', 'segment', 'bull', 'redis-streams', 'kafka'].includes(values.backend))
    refuse(`there is no backend "${values.backend}"`);
  if (!['KILL', 'TERM'].includes(values.signal)) refuse(`--signal is "${values.signal}", not KILL or TERM`);
  return values;
}

function refuse(what) {
  console.error(`chaos: ${what}\n${USAGE}`);
  process.exit(2);
}

async function runLives() {
  for (let life = 1; life <= kills; life++) {
    await live(life, 'emit', async (child) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
      child.kill(`SIG${options.signal}`);
    });
  }
  // The last life only delivers what the others have left.
  await live(kills + 1, 'deliver', async () => undefined);
  return { dead: new Set(), more: {}, said: '' };
}

async function runProcesses() {
  const { signal } = options;
  const { dead, faults, books } = await runWorkers({
    ...{
      way: options.backend,
      kills,
      signal,
      directory,
      url: sink.url,
      patienceMs: options.backend === 'kafka' ? 2 * PATIENCE_MS : PATIENCE_MS,
    },
    onRelied: (key) => relied.add(key),
    onSentAgain: (events) => (sentAgain += events),
  });
  const said = `, dead-lettered ${dead.size}, books balanced in ${books.balanced} of ${books.read} lives`;
  return { dead, more: { deadLettered: dead.size, books, faults }, said };
}

/** One life of the application. @param meanwhile called once it relies on its first event, or has begun to deliver */
function live(life, mode, meanwhile) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [emitter], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        CHAOS: JSON.stringify({
          life,
          mode,
          directory,
          backend: options.backend,
          signal: options.signal,
          url: sink.url,
        }),
      },
    });
    let hasBegun = false;
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`life ${life} (${mode}) has not ended within ${PATIENCE_MS} ms`));
    }, PATIENCE_MS);
    // Lines: "+ key" is relied on, "again N" were sent again. What a killed process wrote before its death is still read.
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('+ ')) relied.add(line.slice(2));
      if (line.startsWith('again ')) sentAgain += Number(line.slice(6));
      if (hasBegun) return;
      hasBegun = true;
      void meanwhile(child);
    });
    child.once('close', (code, signal) => {
      clearTimeout(patience);
      const isExpected = signal === 'SIGKILL' || code === 0 || signal === 'SIGTERM';
      if (isExpected && (hasBegun || mode === 'deliver')) resolve();
      else reject(new Error(`life ${life} (${mode}) ended with ${code ?? signal}`));
    });
  });
}

async function openHttp() {
  const server = await startSink();
  return {
    url: server.url,
    arrived: async () => new Set(server.events.map(({ properties }) => properties.data.key)),
    sentAgain: () => server.events.length - new Set(server.events.map(({ messageId }) => messageId)).size,
    close: () => server.close(),
  };
}

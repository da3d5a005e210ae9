// A web process under load, with a processor of some 50 microseconds for the event of each request:
// in the request, behind a queue in the same process, and behind a queue in Redis in another one.
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { ask, leave, startChild } from '../children.mjs';
import { each, median } from '../figures.mjs';

const app = fileURLToPath(new URL('./web-app.mjs', import.meta.url));
const VARIANTS = {
  request: 'processor in the request',
  embedded: 'behind a queue in the process',
  bull: 'behind a queue, in another process',
};
const CONNECTIONS = 20;
const LOAD = { warmUp: 5000, requests: 20_000 };
const SMOKE = { warmUp: 100, requests: 200 };

export async function web({ smoke, pairs, redis }) {
  const rounds = await each(Array.from({ length: pairs }), async () => {
    const measured = {};
    for (const variant of Object.keys(VARIANTS))
      measured[variant] = await measure(variant, redis, smoke ? SMOKE : LOAD);
    return measured;
  });
  return Object.entries(VARIANTS).map(([variant, title]) => figureOf(variant, title, rounds));
}

/** @param rounds each with all variants, run one after the other */
function figureOf(variant, title, rounds) {
  const of = (figure) => median(rounds.map(figure));
  const p99Ms = of((round) => round[variant].p99Ms);
  const rate = of((round) => round[variant].perSecond / round.request.perSecond);
  return {
    ...{ case: 'web', subject: `${title}: p99 ${p99Ms.toFixed(1)} ms, ${rate.toFixed(2)} x requests/s` },
    ...{ bytes: 0, cpuUs: of((round) => round[variant].cpuUs), perSecond: of((round) => round[variant].perSecond) },
    ...{ versus: VARIANTS.request, ratio: of((round) => round[variant].cpuUs / round.request.cpuUs), rate, p99Ms },
  };
}

async function measure(variant, redis, { warmUp, requests }) {
  const worker = variant === 'bull' ? await startChild(app, ['worker', variant, redis]) : undefined;
  const server = await startChild(app, ['server', variant, redis]);
  try {
    const { url } = server.said;
    await send(url, warmUp);
    const before = await ask(server.child, 'start');
    const p99Ms = await send(url, requests);
    const after = await ask(server.child, 'stop');
    const arrived = await ask((worker ?? server).child, { arrive: warmUp + requests });
    if (arrived !== warmUp + requests) throw new Error(`${variant}: ${arrived} events of ${warmUp + requests} arrived`);
    const cpuUs = (after.user + after.system - before.user - before.system) / requests;
    return { cpuUs, perSecond: requests / after.seconds, p99Ms };
  } finally {
    await leave(server.child);
    if (worker !== undefined) await leave(worker.child);
  }
}

/**
 * @returns the time in ms that 99 of 100 requests did not take longer than; autocannon's own has no
 * fractions
 */
async function send(url, amount) {
  const times = [];
  const load = autocannon({ url, amount, connections: CONNECTIONS });
  load.on('response', (client, status, length, tookMs) => times.push(tookMs));
  const { errors, timeouts, non2xx, '2xx': answered } = await load;
  if (answered !== amount) {
    throw new Error(`${answered} of ${amount} requests were answered: ${JSON.stringify({ errors, timeouts, non2xx })}`);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)];
}

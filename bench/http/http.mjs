// What tracking adds to a request: four variants of one application, on Express and on Fastify,
// each in a process of its own (server.mjs), under the load that autocannon makes in this one.
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { BARS, judge } from '../bars.mjs';
import { ask, leave, startChild } from '../children.mjs';
import { median, report, warmUpOf } from '../figures.mjs';
import { warmUp } from '../warm-up.mjs';

const server = fileURLToPath(new URL('./server.mjs', import.meta.url));
const ADAPTERS = ['express', 'fastify'];
const VARIANTS = {
  plain: 'no tracking',
  context: '+ context of the request, nothing emitted',
  event: '+ @TrackEvent, a backend that does nothing',
  logger: '+ @TrackEvent, LoggerBackend to a file',
};
const CONNECTIONS = 20;
/**
 * By number, not by time: then every request has its answer when the load ends, and the log can be
 * held against it.
 */
const LOAD = { cold: 1_000, window: 6_000, maxWindows: 15, maxMs: 120_000, requests: 20_000 };
const SMOKE = { cold: 100, window: 100, maxWindows: 0, maxMs: 0, requests: 200 };

const HEADERS = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'accept-language': 'en-GB,en;q=0.9',
  accept: 'application/json',
  referer: 'https://learn.example.org/courses/course-v1:edX+DemoX+Demo_Course/courseware/week3/quiz',
};
const PATHS = Array.from(
  { length: 10 },
  (_, at) => `/courses/course-v1:edX+DemoX+Demo_Course/problems/a0effb954cca4759994f1ac9e9434bf${at}`,
);

export async function run({ json, smoke, pairs, only }) {
  const load = smoke ? SMOKE : LOAD;
  const figures = [];
  for (const adapter of ADAPTERS.filter((name) => only.case === undefined || only.case === name)) {
    const rounds = [];
    for (let round = 0; round < pairs; round++) {
      const measured = {};
      for (const variant of Object.keys(VARIANTS)) measured[variant] = await measure(adapter, variant, load);
      rounds.push(measured);
    }
    for (const variant of Object.keys(VARIANTS)) figures.push(figureOf(adapter, variant, rounds));
  }
  return report(figures, { json });
}

/**
 * @param rounds each with all variants, run one after the other: a variant is held against the
 * plain one of its round
 */
function figureOf(adapter, variant, rounds) {
  const of = (figure) => median(rounds.map(figure));
  const addedUs = of((round) => round[variant].cpuUs - round.plain.cpuUs);
  return {
    ...{ bench: 'http', case: adapter, subject: VARIANTS[variant] },
    // The same event, whether or not it is written.
    bytes: variant === 'event' || variant === 'logger' ? rounds[0].logger.bytes : 0,
    cpuUs: of((round) => round[variant].cpuUs),
    perSecond: of((round) => round[variant].perSecond),
    ...{ versus: 'plain', ratio: of((round) => round[variant].cpuUs / round.plain.cpuUs), addedUs },
    ...warmUpOf(rounds.map((round) => round[variant])),
    ...(variant === 'logger' ? judge(BARS.http[adapter], { addedUs }) : {}),
  };
}

async function measure(adapter, variant, { requests, window, ...limits }) {
  const { child, said } = await startChild(server, [adapter, variant]);
  try {
    const { url } = said;
    const { events, ...warm } = await warmUp((amount) => cpuOf(child, url, amount), {
      ...limits,
      window: () => window,
    });
    const before = await ask(child, 'start');
    await send(url, requests);
    const after = await ask(child, 'stop');
    const { handled, lines, bytes } = await ask(child, 'close');
    checkLog(`${adapter}, ${variant}`, { handled, lines, answered: events + requests, isLogged: variant === 'logger' });
    const cpuUs = (after.user + after.system - before.user - before.system) / requests;
    return { cpuUs, perSecond: requests / after.seconds, bytes, ...warm };
  } finally {
    await leave(child);
  }
}

/** @returns the CPU time in µs that the server spends on so many requests */
async function cpuOf(child, url, amount) {
  const before = await ask(child, 'cpu');
  await send(url, amount);
  const after = await ask(child, 'cpu');
  return after.user + after.system - before.user - before.system;
}

/** A fast writer that loses lines is not fast. */
function checkLog(title, { handled, lines, answered, isLogged }) {
  if (handled !== answered) throw new Error(`${title}: ${handled} requests were handled of ${answered} answered`);
  const expected = isLogged ? answered : 0;
  if (lines !== expected) throw new Error(`${title}: the log has ${lines} lines for ${expected} requests`);
}

async function send(url, amount) {
  const result = await autocannon({
    ...{ url, amount, connections: CONNECTIONS, headers: HEADERS },
    requests: PATHS.map((path) => ({ path })),
  });
  const { errors, timeouts, non2xx, '2xx': answered } = result;
  if (answered !== amount) {
    throw new Error(`${answered} of ${amount} requests were answered: ${JSON.stringify({ errors, timeouts, non2xx })}`);
  }
}

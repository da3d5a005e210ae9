// What delivery costs: inside of emit, per event sent, and while a destination is down. Each
// subject is a process of its own.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../installed.mjs';
import { readState } from '../../scripts/services/cache.mjs';
import { BARS, judge } from '../bars.mjs';
import { each, inPairs, measure, report } from '../figures.mjs';

const script = (name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

export async function run({ json, smoke, pairs, only }) {
  const figures = [];
  for (const [name, group] of Object.entries({ accept, mongo, postgres, outbox, wire, outage })) {
    if (only.case !== undefined && only.case !== name) continue;
    figures.push(...(await group({ smoke, pairs })));
  }
  return report(
    figures.map((figure) => ({ bench: 'delivery', ...figure })),
    { json },
  );
}

/** The synchronous part of emit, beside that of others. */
function accept({ smoke, pairs }) {
  const count = smoke ? 500 : undefined;
  const subjects = [
    { subject: 'emit into memory', name: 'memory' },
    { subject: 'emit, durable', name: 'durable' },
    { subject: '@segment/analytics-node track()', name: 'segment', needs: '@segment/analytics-node' },
    { subject: 'posthog-node capture()', name: 'posthog', needs: 'posthog-node' },
    { subject: '@opentelemetry/sdk-logs emit()', name: 'otel', needs: '@opentelemetry/sdk-logs' },
  ].filter(({ needs }) => isInstalled(needs));
  return each(subjects, ({ subject, name }) =>
    inPairs({
      ...{ case: 'accept', subject, versus: 'JSON.stringify', bars: BARS.delivery[`accept ${name}`], pairs },
      ours: () => measure(script('accept'), [name, 1024, count]),
      theirs: () => measure(script('accept'), ['stringify', 1024, count]),
    }),
  );
}

async function mongo({ smoke, pairs }) {
  const url = mongoUrl();
  if (url === undefined) {
    console.error(
      'bench: no MongoDB, so nothing is measured into one. Fix: npm run services, or MONGO_URL=mongodb://…',
    );
    return [];
  }
  process.env.MONGO_URL = url;
  const count = smoke ? 1000 : undefined;
  return [
    await inPairs({
      ...{ case: 'mongo', subject: 'MongoBackend', versus: 'insertMany of 500', bars: BARS.delivery.mongo, pairs },
      ours: () => measure(script('mongo'), ['ours', count]),
      theirs: () => measure(script('mongo'), ['raw', count]),
    }),
  ];
}

async function postgres({ smoke, pairs }) {
  const url = process.env.POSTGRES_URL || readState().postgres?.url;
  if (url === undefined) {
    console.error(
      'bench: no PostgreSQL, so nothing is measured into one. Fix: npm run services, or POSTGRES_URL=postgres://…',
    );
    return [];
  }
  process.env.POSTGRES_URL = url;
  const count = smoke ? 1000 : undefined;
  const subject = { case: 'postgres', subject: 'PostgresBackend', versus: 'a raw insert of 500 rows' };
  return [
    await inPairs({
      ...{ ...subject, bars: BARS.delivery.postgres, pairs },
      ours: () => measure(script('postgres'), ['ours', count]),
      theirs: () => measure(script('postgres'), ['raw', count]),
    }),
  ];
}

/** Transactions with events, next to the same transactions without what is measured. */
async function outbox({ smoke, pairs }) {
  const url = process.env.POSTGRES_URL || readState().postgres?.url;
  if (url === undefined) {
    console.error(
      'bench: no PostgreSQL, so no outbox is measured. Fix: npm run services, or POSTGRES_URL=postgres://…',
    );
    return [];
  }
  process.env.POSTGRES_URL = url;
  const take = (name) => measure(script('outbox'), [name, smoke ? 1000 : undefined]);
  const subjects = [
    { subject: 'tracker.transaction, 1 event', versus: 'emit', ours: 'held-1', theirs: 'emit-1' },
    { subject: 'tracker.transaction, 10 events', versus: 'emit', ours: 'held-10', theirs: 'emit-10' },
    { subject: 'holdEvents of Knex, 10 events', versus: 'emit in it', ours: 'knex-held', theirs: 'knex-emit' },
    { subject: 'outbox, 10 events', versus: 'an insert of 10 rows', ours: 'outbox', theirs: 'rows' },
    { subject: 'relay to PostgresBackend', versus: 'relay to nothing', ours: 'relay-postgres', theirs: 'relay' },
  ];
  return each(subjects, ({ subject, versus, ours, theirs }) =>
    inPairs({ ...{ case: 'outbox', subject, versus, pairs }, ours: () => take(ours), theirs: () => take(theirs) }),
  );
}

async function wire({ smoke, pairs }) {
  if (!isInstalled('@segment/analytics-node')) return [];
  const sink = await startSink();
  const count = smoke ? 1000 : undefined;
  try {
    const theirs = () => measure(script('wire'), ['segment', sink.url, count]);
    const subjects = [
      { subject: 'SegmentBackend, plain', name: 'ours', bars: BARS.delivery.wire },
      { subject: 'SegmentBackend, gzip', name: 'ours-gzip' },
    ];
    return await each(subjects, ({ subject, name, bars }) =>
      inPairs({
        ...{ case: 'wire', subject, versus: '@segment/analytics-node', bars, pairs },
        ours: () => measure(script('wire'), [name, sink.url, count]),
        theirs,
      }),
    );
  } finally {
    sink.close();
  }
}

function outage({ smoke }) {
  const count = smoke ? 2000 : undefined;
  const figure = (subject, one, others) => ({
    ...{ case: 'outage', subject, bytes: one.bytes, cpuUs: one.cpuUs, perSecond: one.perSecond ?? 1e6 / one.cpuUs },
    ...others,
  });
  const nothing = measure(script('outage'), ['latency-nothing', count]);
  const latency = measure(script('outage'), ['latency', count]);
  const million = measure(script('outage'), ['million', count]);
  const replay = measure(script('outage'), ['replay', count]);
  const unlessSmoke = (met) => (smoke ? undefined : met);
  const { bar, met } = judge(BARS.delivery.outage, latency);
  const ms = (value) => `${value.toFixed(2)} ms`;
  const lateness = ({ p99Ms, loopP99Ms }) => `late p99 ${ms(p99Ms)}, loop p99 ${ms(loopP99Ms)}`;
  return [
    figure(`2,000/s to nothing: ${lateness(nothing)}`, nothing, {}),
    figure(`2,000/s, down, on disk: emit p99.9 ${ms(latency.p999Ms)}, ${lateness(latency)}`, latency, {
      ...{ p999Ms: latency.p999Ms, p99Ms: latency.p99Ms, loopP99Ms: latency.loopP99Ms, versus: 'to nothing' },
      ...{ ratio: latency.p99Ms / nothing.p99Ms, bar: `${bar}, late < 2 ms, loop < 20 ms` },
      met: unlessSmoke(met && latency.p99Ms < 2 && latency.loopP99Ms < 20),
    }),
    figure(`${smoke ? 'some' : '1,000,000'} while down: memory +${million.grownMb.toFixed(0)} MB`, million, {
      ...{ grownMb: million.grownMb, lost: million.lost, bar: '100 MB, lost 0' },
      met: unlessSmoke(million.grownMb <= 100 && million.lost === 0),
    }),
    figure('replay from disk', replay, { bar: '50,000/s', met: unlessSmoke(replay.perSecond >= 50_000) }),
  ];
}

function mongoUrl() {
  return process.env.MONGO_URL || readState().mongo?.url;
}

async function startSink() {
  const child = spawn(process.execPath, [script('sink')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', () => reject(new Error('the sink ended')));
  });
  return { url, close: () => child.stdin.end() };
}

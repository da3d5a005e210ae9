// The bars of all benchmarks, for events of 1 KB.
//
// `ratio`: the largest CPU time, divided by that of the comparison; `addedUs`: the same minus that
// of the comparison, in µs; `rate`: the smallest number of events a second, divided by that of the
// comparison; `perSecond`: the same, not divided; `p999Ms`: the time in ms that 999 of 1,000 calls
// take at most; `wallMs`: elapsed time; `cpuUs`: the largest CPU time, in µs. A bar that depends on
// the Node is written `{ 24: 15, 20: 30 }`: from Node 24 on, and on older ones.
export const BARS = {
  /** By case, and by what it is compared with. */
  emit: {
    'b pino-children': { ratio: 0.25 },
    'b pino-child': { ratio: 0.8 },
    'b-scope pino': { ratio: { 24: 0.4, 20: 0.45 } },
    'b-scope stringify': { ratio: { 24: 0.9, 20: 1 } },
    'c b': { ratio: { 24: 1.1, 20: 1.15 } },
    'd b': { addedUs: { 24: 1, 20: 2 } },
    'e b': { addedUs: { 24: 2.5, 20: 3 } },
  },
  /** What a request with the context, @TrackEvent and the log adds to a plain one. */
  http: {
    fastify: { addedUs: { 24: 15, 20: 30 } },
    express: { addedUs: { 24: 20, 20: 35 } },
  },
  delivery: {
    'accept memory': { ratio: 0.8 },
    'accept durable': { ratio: { 24: 1.4, 20: 1.6 } },
    mongo: { addedUs: 6, rate: 0.9 },
    postgres: { addedUs: 6, rate: 0.9 },
    wire: { rate: 3 },
    /** One emit, at 2,000 a second, while the destination is down and the disk holds the events. */
    outage: { p999Ms: 1 },
  },
  async: {
    'bare batches': { rate: { 24: 0.75, 20: 0.7 } },
    'a job per event': { rate: 5 },
    accept: { ratio: 1.15 },
  },
  bus: {
    'kafka send': { rate: { 24: 0.85, 20: 0.8 } },
    'kafka receive': { rate: 0.8 },
    'redis-streams send': { rate: 0.8 },
    'redis-streams receive': { rate: 0.8 },
  },
  /** The root entry, with Nest and nestjs-cls loaded. */
  start: {
    require: { wallMs: 40 },
  },
  /** One statement, of one core. */
  xapi: {
    enrollment: { cpuUs: 25, perSecond: 40_000 },
    video: { cpuUs: 25, perSecond: 40_000 },
    forum: { cpuUs: 25, perSecond: 40_000 },
    problem: { cpuUs: 25 },
    caliper: { cpuUs: 25 },
  },
  /** What the explorer adds to one emit. */
  explorer: {
    'imported fast': { addedUs: 1 },
  },
  catalog: {
    /** Lines of a log, of one core. */
    'validate-log': { perSecond: { 24: 120_000, 20: 100_000 } },
    emit: { ratio: 1.3 },
    'emit-off': { addedUs: 1 },
  },
  /** Lines of a log without a destination, of one core. */
  import: { read: { perSecond: 50_000 } },
};

const BOUNDS = {
  ratio: { text: (bound) => `<= ${bound}`, isMet: (value, bound) => value <= bound },
  cpuUs: { text: (bound) => `<= ${bound} µs`, isMet: (value, bound) => value <= bound },
  addedUs: { text: (bound) => `+${bound} µs`, isMet: (value, bound) => value <= bound },
  rate: { text: (bound) => `${bound} x events/s`, isMet: (value, bound) => value >= bound },
  perSecond: { text: (bound) => `${bound.toLocaleString('en')}/s`, isMet: (value, bound) => value >= bound },
  wallMs: { text: (bound) => `< ${bound} ms`, isMet: (value, bound) => value < bound },
  p999Ms: { text: (bound) => `p99.9 < ${bound} ms`, isMet: (value, bound) => value < bound },
};

/** The bar of a figure in words, and whether the figure meets it; nothing if there is none. */
export function judge(bars = {}, figure, version = process.versions.node) {
  const judged = Object.entries(bars).map(([key, bar]) => {
    const bound = barFor(bar, version);
    return { text: BOUNDS[key].text(bound), met: BOUNDS[key].isMet(figure[key], bound) };
  });
  if (judged.length === 0) return {};
  return { bar: judged.map(({ text }) => text).join(', '), met: judged.every(({ met }) => met) };
}

/**
 * The bar for a version of Node: of those in it that are not newer the newest one, or else the
 * oldest.
 */
export function barFor(bar, version) {
  if (typeof bar === 'number') return bar;
  const versions = Object.keys(bar)
    .map(Number)
    .sort((one, other) => other - one);
  const major = Number.parseInt(version, 10);
  return bar[versions.find((oldest) => oldest <= major) ?? versions.at(-1)];
}

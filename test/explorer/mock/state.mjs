import { DOCUMENTED } from './catalog.mjs';
import { ATTEMPTS, ENDS, REFUSED, TREE } from './destinations.mjs';
import { detailOf, makeEvent } from './events.mjs';
import { readFilter } from './filter.mjs';
import { Random } from './random.mjs';

const MAX_EVENTS = 500;
const POINTS = 60;
const SECOND = 1_000;

/** The application that the mock pretends to be: events, counters, dead letters and jobs. */
export class MockState {
  random = new Random(19);
  events = [];
  evicted = 0;
  counts = new Map();
  violations = new Map();
  letters = [];
  jobs = [];
  listeners = new Set();
  rates = Object.fromEntries(
    TREE.map(({ path }) => [path, { received: Array(POINTS).fill(0), ended: Array(POINTS).fill(0) }]),
  );
  totals = Object.fromEntries(TREE.map(({ path }) => [path, { received: 0, passed: 0, dropped: {}, states: {} }]));

  constructor({ past = 400, letters = 1_840 } = {}) {
    const now = Date.now();
    for (let at = 0; at < past; at += 1) this.#keep(makeEvent(this.random, now - (past - at) * 700));
    for (const event of this.events) this.#finish(event);
    for (let at = 0; at < letters; at += 1) this.#addLetter(now - (letters - at) * 9_000);
    for (const path of Object.keys(this.rates)) {
      const base = path === '' ? 14 : path.startsWith('caliper') ? 9 : 12;
      this.rates[path].received = Array.from({ length: POINTS }, (_, at) =>
        Math.max(0, Math.round((base + 6 * Math.sin(at / 7) + this.random.next() * 4) * 10) / 10),
      );
      this.rates[path].ended = this.rates[path].received.map((rate) => (path === 'lrs' ? 0 : rate));
    }
  }

  emit(count = 1, wish = {}) {
    const made = Array.from({ length: count }, () => makeEvent(this.random, Date.now(), wish));
    for (const event of made) this.#keep(event);
    for (const listener of this.listeners) listener('rows', made);
    return made;
  }

  /** Moves events that wait to their last state. */
  settle(afterMs = 600) {
    const changed = this.events
      .slice(-200)
      .filter((event) => event.fates.some(({ last }) => last) && event.at <= Date.now() - afterMs);
    for (const event of changed) this.#finish(event);
    if (changed.length > 0) for (const listener of this.listeners) listener('outcomes', changed);
  }

  page(filter, limit, before) {
    const { matches, error } = readFilter(filter);
    const newest = this.events.toReversed().filter(matches);
    const at = newest.findIndex(({ id }) => id === before);
    const from = before === undefined ? 0 : at < 0 ? newest.length : at + 1;
    const rows = newest.slice(from, from + limit).map(rowOf);
    return {
      rows,
      hasOlder: from + rows.length < newest.length,
      kept: this.events.length,
      evicted: this.evicted,
      skipped: 0,
      ...(error && { filterError: error }),
    };
  }

  detail(id) {
    const at = this.events.findIndex((event) => event.id === id);
    if (at < 0) return undefined;
    const link = (event) => event && { id: event.id, name: event.name };
    const parent = at % 5 === 1 ? link(this.events[at - 1]) : undefined;
    const children = at % 5 === 0 ? [link(this.events[at + 1])].filter(Boolean) : [];
    return detailOf(this.events[at], new Random(at), { ...(parent && { parent }), children });
  }

  tree() {
    const now = Date.now();
    const nodes = TREE.map(({ end, ...node }) => {
      const { received, passed, dropped, states } = this.totals[node.path];
      const deadLetters = this.letters.filter(({ path }) => path === node.path).length;
      const pending = (states.queued ?? 0) + (states.retrying ?? 0);
      const isDown = node.path === 'lrs';
      return {
        ...node,
        received,
        passed,
        dropped,
        lost: dropped['processor-failed'] ?? 0,
        failures: node.path === 'caliper/mongo' ? { 'processor-failed': dropped['processor-failed'] ?? 0 } : {},
        rates: this.rates[node.path],
        ...(end && {
          delivery: {
            accepted: passed,
            delivered: states.delivered ?? 0,
            pending: isDown ? 48_211 + pending : pending,
            dropped: {},
            deadLetters,
            attempts: received + 40,
            failedAttempts: isDown ? 212 : 3,
            breaker: isDown ? 'open' : node.path === 'caliper/segment' ? 'probing' : 'closed',
            ...(isDown && { breakerReason: 'failing' }),
            isOnDisk: isDown,
            diskBytes: isDown ? 88_214_016 : 0,
            isDiskFailing: node.path === 'bus',
            ...(isDown && {
              lastError: {
                text: 'status 503 Service Unavailable from https://lrs.example.org/xapi/statements',
                at: new Date(now - 14_000).toISOString(),
              },
            }),
            latencyMs: isDown ? { p50: 812, p99: 10_000 } : { p50: 11.4, p99: 86 },
          },
        }),
      };
    });
    return {
      nodes,
      times: Array.from({ length: POINTS }, (_, at) => new Date(now - (POINTS - 1 - at) * 5 * SECOND).toISOString()),
    };
  }

  /** Moves the sparklines by one point. */
  tick(perSecond) {
    for (const [path, rate] of Object.entries(this.rates)) {
      const next = Math.max(
        0,
        Math.round(perSecond * (path.startsWith('caliper') ? 0.7 : 0.95) * (0.8 + this.random.next() * 0.4) * 10) / 10,
      );
      rate.received = [...rate.received.slice(1), next];
      rate.ended = [...rate.ended.slice(1), path === 'lrs' ? 0 : next];
    }
  }

  catalog() {
    const seen = (name) => this.counts.get(name);
    const documented = new Set(DOCUMENTED.map(({ name }) => name));
    return {
      events: DOCUMENTED.map((each) => ({ ...each, ...(seen(each.name) && { seen: seen(each.name) }) })),
      undocumented: [...this.counts.values()].filter(({ name }) => !documented.has(name)),
    };
  }

  violationRows() {
    return [...this.violations.values()].sort((a, b) => b.count - a.count);
  }

  #keep(event) {
    this.events.push(event);
    if (this.events.length > MAX_EVENTS) this.evicted += this.events.splice(0, this.events.length - MAX_EVENTS).length;
    const seen = this.counts.get(event.name);
    this.counts.set(event.name, {
      name: event.name,
      count: (seen?.count ?? 0) + 1,
      firstAt: seen?.firstAt ?? event.time,
      lastAt: event.time,
    });
    for (const row of event.violationList) {
      const key = `${row.event} ${row.path} ${row.kind}`;
      const known = this.violations.get(key);
      this.violations.set(key, { ...row, count: (known?.count ?? 0) + 1, firstAt: known?.firstAt ?? row.firstAt });
    }
    for (const { path } of TREE) {
      const total = this.totals[path];
      total.received += 1;
      const outcome = event.outcomes.find((each) => each.path === path);
      if (outcome?.reason && outcome.state !== 'retrying')
        total.dropped[outcome.reason] = (total.dropped[outcome.reason] ?? 0) + 1;
      else total.passed += 1;
      if (outcome) total.states[outcome.state] = (total.states[outcome.state] ?? 0) + 1;
    }
  }

  #finish(event) {
    event.outcomes = event.fates.map(({ path, first, last }) => ({ path, ...(last ?? first) }));
    for (const { path, first, last } of event.fates) {
      if (!last) continue;
      const { states, dropped } = this.totals[path];
      states[first.state] -= 1;
      states[last.state] = (states[last.state] ?? 0) + 1;
      if (last.state === 'dropped') dropped[last.reason] = (dropped[last.reason] ?? 0) + 1;
      if (last.state === 'dead') this.letters.push(this.#letter(event, path, last.reason, Date.now()));
    }
    event.fates = event.fates.map(({ path, first, last }) => ({ path, first: last ?? first }));
  }

  #addLetter(at) {
    const event = makeEvent(new Random(at), at);
    const kind = this.random.next();
    if (kind < 0.62) this.letters.push(this.#letter(event, 'lrs', ATTEMPTS, at));
    else if (kind < 0.8) this.letters.push(this.#letter(event, 'lrs', REFUSED, at));
    else if (kind < 0.9) this.letters.push(this.#letter(event, 'caliper/segment', 'refused: too-large', at));
    else if (kind < 0.97)
      this.letters.push(
        this.#letter(event, 'catalog:rejected', 'refused: data.mode must be one of "audit", "honor", "verified"', at),
      );
    else this.letters.push(this.#letter(event, 'consumer:grades', 'unreadable: not JSON', at));
  }

  #letter({ event }, path, reason, at) {
    return {
      id: event.id,
      path,
      reason,
      at: new Date(at).toISOString(),
      attempts: reason === ATTEMPTS ? 10 : 1,
      canRedrive: !reason.startsWith('unreadable'),
      event,
    };
  }
}

/** The part of an event that the list shows. */
export function rowOf(stored) {
  const { seq, id, process, tracker, name, time, actor, bytes, outcomes, violations } = stored;
  return { seq, id, process, tracker, name, time, actor, bytes, outcomes, violations };
}

export const INFO = {
  version: '0.1.0',
  trackers: [
    { name: 'default', destinations: ENDS },
    { name: 'audit', destinations: ['tracking_logs'] },
  ],
  process: {
    id: 'web-1:4711',
    host: 'web-1',
    pid: 4711,
    node: 'v24.11.1',
    startedAt: new Date(Date.now() - 3_720_000).toISOString(),
  },
  processes: [
    {
      id: 'web-1:4711',
      host: 'web-1',
      pid: 4711,
      node: 'v24.11.1',
      startedAt: new Date(Date.now() - 3_720_000).toISOString(),
    },
    {
      id: 'web-2:4712',
      host: 'web-2',
      pid: 4712,
      node: 'v24.11.1',
      startedAt: new Date(Date.now() - 3_700_000).toISOString(),
    },
  ],
  actions: { redrive: true, purge: true },
  actionHeader: 'x-tracking-explorer',
  isDevelopment: true,
  capacity: { maxEvents: MAX_EVENTS, maxBytes: 16_777_216 },
};

// Serves the explorer's page with a made-up application behind it: for work on the page, and for
// its browser tests. Everything is under a prefix, as behind a proxy with a base path, and under a
// Content-Security-Policy that is stricter than helmet's.
//
// Usage: node test/explorer/mock-server.mjs [--port 4100] [--rate 12] [--token SECRET] [--empty]
//          [--read-only] [--assets dist/explorer/assets]
// `POST /__mock` changes it at run time: { emit, settle, rate, dropStreams, token, fail, problem }.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { groupsOf, listOf, planOf, startJob } from './mock/dead-letters.mjs';
import { readFilter } from './mock/filter.mjs';
import { QUEUES } from './mock/queues.mjs';
import { INFO, MockState, rowOf } from './mock/state.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4100' },
    rate: { type: 'string', default: '12' },
    token: { type: 'string' },
    assets: { type: 'string', default: 'dist/explorer/assets' },
    empty: { type: 'boolean', default: false },
    'read-only': { type: 'boolean', default: false },
  },
});

const BASE = '/base/tracking';
/** Most rows that one message of the stream carries: more are sampled. */
const MAX_ROWS = 100;
const CSP = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "script-src-attr 'none'",
  "style-src 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

const state = new MockState(values.empty ? { past: 0, letters: 0 } : {});
const control = { rate: Number(values.rate), token: values.token, fail: {}, streams: new Set() };
const actions = { redrive: !values['read-only'], purge: !values['read-only'] };

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
};
const failure = (response, statusCode, message, fix) => json(response, statusCode, { statusCode, message, fix });

const readBody = async (request) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
};

function page(response) {
  const { html } = JSON.parse(readFileSync(join(values.assets, 'manifest.json'), 'utf8'));
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CSP,
    'cache-control': 'no-store',
  });
  response.end(html);
}

function asset(response, name) {
  const { files } = JSON.parse(readFileSync(join(values.assets, 'manifest.json'), 'utf8'));
  const file = files.find((each) => each.name === name);
  if (!file) return failure(response, 404, 'There is no such asset.', 'Reload the page.');
  response.writeHead(200, {
    'content-type': file.type,
    'content-encoding': 'gzip',
    etag: file.etag,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  response.end(readFileSync(join(values.assets, `${name}.gz`)));
}

function stream(request, response, filter) {
  const { matches, error } = readFilter(filter);
  const send = (message) => response.write(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  send({ type: 'hello', process: INFO.process.id, ...(error && { filterError: error }) });
  send({ type: 'shared', processes: INFO.processes, ...(control.problem && { problem: control.problem }) });
  const rate = () =>
    send({
      type: 'rate',
      perSecond: control.rate,
      watchers: control.streams.size,
      kept: state.events.length,
      deadLetters: state.letters.length,
      violations: state.violations.size,
    });
  const listener = (type, events) => {
    const matching = events.filter(matches);
    if (matching.length === 0) return;
    if (type === 'rows') send({ type, rows: matching.slice(-MAX_ROWS).map(rowOf), of: matching.length });
    else send({ type, outcomes: matching.map(({ id, outcomes }) => ({ id, outcomes })) });
  };
  state.listeners.add(listener);
  control.streams.add(response);
  rate();
  const timer = setInterval(rate, 1_000);
  request.on('close', () => {
    clearInterval(timer);
    state.listeners.delete(listener);
    control.streams.delete(response);
  });
}

async function act(request, response, verb) {
  if (request.headers[INFO.actionHeader] !== '1')
    return failure(response, 403, 'The header is missing.', `Send ${INFO.actionHeader}: 1`);
  if (!actions[verb]) return failure(response, 403, `${verb} is switched off.`, `actions: { ${verb}: true }`);
  const action = await readBody(request);
  if (action.dryRun) return json(response, 200, planOf(state, verb, action));
  return json(response, 202, startJob(state, verb, action));
}

function api(request, response, path, query) {
  const failed = control.fail[path];
  if (failed) return failure(response, failed, `The mock answers ${failed}.`, 'Ask an administrator for access.');
  if (control.token && request.headers.authorization !== `Bearer ${control.token}`)
    return failure(response, 401, 'A bearer token is needed.', 'Send it as Authorization: Bearer.');
  const get = (name) => query.get(name) ?? undefined;
  const [, id] = /^events\/(.+)$/.exec(path) ?? [];
  if (id) {
    const detail = state.detail(decodeURIComponent(id));
    return detail
      ? json(response, 200, detail)
      : failure(response, 404, 'The event is not kept any more.', 'Raise maxEvents, or look into a destination.');
  }
  const [, job] = /^jobs\/(.+)$/.exec(path) ?? [];
  if (job)
    return json(
      response,
      200,
      state.jobs.find((each) => each.id === job),
    );
  switch (path) {
    case 'info':
      return json(response, 200, { ...INFO, actions });
    case 'events':
      return json(response, 200, state.page(get('filter') ?? '', Number(get('limit') ?? 100), get('before')));
    case 'stream':
      return stream(request, response, get('filter') ?? '');
    case 'tree':
      return json(response, 200, state.tree());
    case 'violations':
      return json(response, 200, state.violationRows());
    case 'dead-letters':
      return json(response, 200, groupsOf(state));
    case 'dead-letters/list':
      return json(
        response,
        200,
        listOf(state, {
          path: get('path'),
          reason: get('reason'),
          limit: Number(get('limit') ?? 50),
          before: get('before'),
        }),
      );
    case 'dead-letters/redrive':
    case 'dead-letters/purge':
      return void act(request, response, path.slice('dead-letters/'.length));
    case 'jobs':
      return json(
        response,
        200,
        state.jobs.filter(({ state: each }) => each === 'running'),
      );
    case 'catalog':
      return json(response, 200, values.empty ? { events: [], undocumented: [] } : state.catalog());
    case 'queues':
      return json(response, 200, values.empty ? [] : QUEUES());
    default:
      return failure(response, 404, 'There is no such route.', 'See the OpenAPI document.');
  }
}

async function command(request, response) {
  const { emit, settle, dropStreams, ...changes } = await readBody(request);
  Object.assign(control, changes);
  if (dropStreams) for (const each of control.streams) each.destroy();
  if (settle) state.settle(0);
  const made = emit ? state.emit(emit.count ?? 1, emit) : [];
  json(response, 200, { ids: made.map(({ id }) => id), streams: control.streams.size });
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://mock');
  if (pathname === BASE) {
    // Relative, so that a proxy may add what it likes in front.
    response.writeHead(302, { location: 'tracking/' });
    response.end();
  } else if (pathname === `${BASE}/`) page(response);
  else if (pathname.startsWith(`${BASE}/assets/`)) asset(response, pathname.slice(`${BASE}/assets/`.length));
  else if (pathname.startsWith(`${BASE}/api/`))
    api(request, response, pathname.slice(`${BASE}/api/`.length), searchParams);
  else if (pathname === '/__mock') void command(request, response);
  else failure(response, 404, 'Not found.', `Open ${BASE}/`);
});

const TICK_MS = 100;
let due = 0;
setInterval(() => {
  due += (control.rate * TICK_MS) / 1_000;
  const count = Math.floor(due);
  due -= count;
  if (count > 0) state.emit(count);
}, TICK_MS);
setInterval(() => control.rate > 0 && state.settle(), 300);
setInterval(() => state.tick(control.rate), 5_000);

server.listen(Number(values.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}${BASE}/`));

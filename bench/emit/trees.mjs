// The trackers that are measured, each with one tree of backends.
import { createRequire } from 'node:module';
import { without } from './lines.mjs';

const require = createRequire(import.meta.url);

class Nothing {
  send() {}
}

/** Each gives the options of a tracker; `path` is that of its log. */
const TREES = {
  a: ({ backend }) => ({ backends: { none: backend(Nothing) } }),
  b: ({ backend, LoggerBackend }, path) => ({ backends: { log: backend(LoggerBackend, { path }) } }),
  'b-scope': (library, path) => TREES.b(library, path),
  c: ({ backend, LoggerBackend, NameAllowlist, processor, RegexFilter, RoutingBackend }, path) => ({
    backends: {
      one: backend(
        RoutingBackend,
        {},
        {
          processors: [processor(RegexFilter, { regularExpressions: ['^edx\\.course\\.', '^play_', '^problem_'] })],
          backends: { log: backend(LoggerBackend, { path }) },
        },
      ),
      two: backend(
        RoutingBackend,
        {},
        {
          processors: [processor(NameAllowlist, { names: ['something.else'] })],
          backends: { none: backend(Nothing) },
        },
      ),
    },
  }),
  d: ({ backend, LoggerBackend, MemoryBackend, processor, RegexFilter }, path) => ({
    backends: Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [
        `branch${at}`,
        at === 5
          ? backend(LoggerBackend, { path })
          : backend(
              MemoryBackend,
              {},
              { processors: [processor(RegexFilter, { regularExpressions: [`^other${at}\\.`] })] },
            ),
      ]),
    ),
  }),
  e: ({ backend, LoggerBackend }, path) => ({
    processors: [(changed) => void (changed.data.attempts += 1)],
    backends: { log: backend(LoggerBackend, { path }) },
  }),
};

/** The subjects by name, as those of rivals.mjs. */
export function trackers({ scopes, data, path }) {
  return Object.fromEntries(Object.keys(TREES).map((name) => [name, () => tracker(name, { scopes, data, path })]));
}

async function tracker(name, { scopes: [request, course, module], data, path }) {
  const { NestFactory } = require('@nestjs/core');
  const { Module } = require('@nestjs/common');
  const tracking = require('nestjs-event-tracking');
  class AppModule {}
  const options = { shutdownTimeoutMs: 60_000, ...TREES[name](tracking, path) };
  Module({ imports: [tracking.TrackingModule.forRoot(options)] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const service = app.get(tracking.TrackerService);
  const emit = () => service.emit('problem_check', data);
  // A request scope and two nested ones, opened per event or per burst.
  const inScopes = (body) =>
    service.context(request, () => service.context(course, () => service.context(module, body)));
  const ends = {
    finish: () => app.close(),
    explain: () => JSON.stringify(service.ledger.nodes()),
    ...(name === 'a' ? {} : { read: without('id', 'timestamp'), expected: (event) => lineOf(name, event) }),
  };
  return name === 'b-scope' ? { emit, around: inScopes, ...ends } : { emit: () => inScopes(emit), ...ends };
}

function lineOf(name, event) {
  const { data, ...line } = without('timestamp')(event);
  return { ...line, data: name === 'e' ? { ...data, attempts: data.attempts + 1 } : data };
}

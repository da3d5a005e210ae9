// CPU time of one emit, beside what else one could call for it. The child is subject.mjs.
import { fileURLToPath } from 'node:url';
import { BARS } from '../bars.mjs';
import { compare, measure, report } from '../figures.mjs';
import { isInstalled } from '../installed.mjs';
import { SHAPES } from './events.mjs';

const script = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const SIZES = [200, 1024, 4096];
const SHAPE = 'event';

/**
 * What each does with one event. A file is written by the same SonicBoom, 16 KB at a time or as the
 * LoggerBackend does.
 */
const SUBJECTS = {
  a: 'three scopes opened, emit to a backend that does nothing',
  b: 'three scopes opened, emit, LoggerBackend to a file',
  'b-scope': 'emit, 100 times in three open scopes, LoggerBackend to a file',
  c: 'as b, in two branches: regex filter + logger, allowlist + nothing',
  d: 'as b, in ten branches, of which nine filter the event out',
  e: 'as b, an application processor changes the data',
  'pino-children': 'pino.child(request).child(course).child(module).info(data), to a file',
  'pino-child': 'pino.child of the merged bindings, info(data), to a file',
  'nestjs-pino': "PinoLogger in a request's context, assign(course), assign(module), info(data), to a file",
  otel: 'OpenTelemetry: merged attributes, logger.emit, batches, an exporter that writes JSON lines to a file',
  pino: 'pino.info of an event that is ready, no scope, to a file',
  klona: 'klona + JSON.stringify of the event that is ready, no scope, no file',
  stringify: 'JSON.stringify of the event that is ready, no scope, no file',
};

/**
 * Measured in the same round, one after the other. The first four of b write an equal line for
 * equal work.
 */
const RIVALS = {
  a: ['stringify'],
  b: ['pino-children', 'pino-child', 'nestjs-pino', 'otel', 'pino'],
  'b-scope': ['pino', 'stringify'],
  c: ['b'],
  d: ['b'],
  e: ['b'],
  pino: ['stringify'],
  klona: ['stringify'],
};
const PACKAGES = { 'nestjs-pino': 'nestjs-pino', otel: '@opentelemetry/sdk-logs' };

export function run({ json, smoke, pairs, heap, shape = SHAPE, only }) {
  const sizes = SIZES.filter((size) => (smoke ? size === 1024 : only.bytes === undefined || size === only.bytes));
  const shapes = shape === 'all' ? SHAPES : [shape];
  const flags = smoke ? ['--smoke'] : [];
  const figures = sizes.flatMap((bytes) =>
    shapes.flatMap((each) => {
      const measureOne = (name) =>
        measure(script, [name, bytes, '--shape', each, ...flags, ...(heap ? ['--heap'] : [])]);
      const own = heap ? allocations(measureOne, only.case) : comparisons(measureOne, pairs, only.case, bytes, each);
      return own.map((figure) => ({ bench: 'emit', ...figure, ...(shape === SHAPE ? {} : { shape: each }) }));
    }),
  );
  return report(figures, { json });
}

function named(names, only) {
  const chosen = names.filter((name) => only === undefined || name === only);
  if (chosen.length > 0) return chosen.filter((name) => isInstalled(PACKAGES[name]));
  throw new TypeError(`bench emit has no case "${only}". Fix: --case with one of ${names.join(', ')}`);
}

function comparisons(measureOne, pairs, only, bytes, shape) {
  return named(Object.keys(RIVALS), only).flatMap((name) => {
    const rivals = RIVALS[name].filter((rival) => isInstalled(PACKAGES[rival]));
    const measured = Object.fromEntries([name, ...rivals].map((one) => [one, []]));
    for (let round = 0; round < pairs; round++)
      for (const one of [name, ...rivals]) measured[one].push(measureOne(one));
    return rivals.map((versus) => ({
      ...compare({
        ...{ case: name, subject: SUBJECTS[name], versus, mine: measured[name], other: measured[versus] },
        // The bars are of this size and this event.
        bars: bytes === 1024 && shape === SHAPE ? BARS.emit[`${name} ${versus}`] : undefined,
      }),
      versusSubject: SUBJECTS[versus],
    }));
  });
}

/** What one event allocates. The CPU time of such a run says nothing. */
function allocations(measureOne, only) {
  return named(Object.keys(SUBJECTS), only).map((name) => ({
    ...{ case: name, subject: SUBJECTS[name] },
    ...measureOne(name),
  }));
}

// What a process pays before and for its first event, on top of Nest: a serverless function pays it
// often. The child is subject.mjs.
import { fileURLToPath } from 'node:url';
import { BARS, judge } from '../bars.mjs';
import { measure, median, report } from '../figures.mjs';
import { isInstalled } from '../installed.mjs';

const script = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const LIBRARIES = { ours: 'nestjs-event-tracking', 'nestjs-pino': 'nestjs-pino', 'posthog-node': 'posthog-node' };
const STAGES = {
  require: (library) => `require('${library}'), with Nest and nestjs-cls loaded`,
  create: () => 'its module and an application context, minus the same application without it',
  emit: () => 'the first event, with the context of a request and two scopes or what it has in their place',
};
/** Fewer say little about a stage that takes some milliseconds. */
const LEAST = 9;

export function run({ json, smoke, pairs, only }) {
  const chosen = Object.keys(LIBRARIES).filter((name) => only.case === undefined || name === only.case);
  if (chosen.length === 0)
    throw new TypeError(
      `bench start has no case "${only.case}". Fix: --case with one of ${Object.keys(LIBRARIES).join(', ')}`,
    );
  const names = chosen.filter((name) => isInstalled(LIBRARIES[name]));
  const turn = () => Object.fromEntries(['nest', ...names].map((name) => [name, measure(script, [name])]));
  if (!smoke) turn(); // the files are read from the disk by this one
  const turns = Array.from({ length: smoke ? 1 : Math.max(LEAST, pairs) }, turn);
  const figures = [...nestItself(turns), ...names.flatMap((name) => onTop(name, turns))];
  return report(
    figures.map((figure) => ({ bench: 'start', ...figure })),
    { json },
  );
}

/** @param of gives the stage of one turn, as { wallMs, cpuMs } */
function timesOf(turns, of) {
  const [wallMs, cpuMs] = ['wallMs', 'cpuMs'].map((key) => median(turns.map((turn) => of(turn)[key])));
  return { wallMs, cpuMs };
}

function nestItself(turns) {
  const row = (subject, stage) => ({ case: 'nest', subject, ...timesOf(turns, ({ nest }) => nest[stage]) });
  return [
    row('require of reflect-metadata, @nestjs/core and @nestjs/common', 'nest'),
    row('require of nestjs-cls on top of them', 'cls'),
    row('an application context with nothing in it', 'create'),
  ];
}

function onTop(name, turns) {
  const onTopOfNest = (turn, stage) => minus(turn[name][stage], turn.nest[stage]);
  const row = (stage, subject, of) => {
    const times = timesOf(turns, of);
    const bars = name === 'ours' ? BARS.start[stage] : undefined;
    return { case: name, subject: `${stage}: ${subject}`, ...times, ...judge(bars, times) };
  };
  return [
    ...Object.entries(STAGES).map(([stage, title]) =>
      row(stage, title(LIBRARIES[name]), (turn) => onTopOfNest(turn, stage)),
    ),
    row('in all', 'the three together', (turn) =>
      Object.keys(STAGES)
        .map((stage) => onTopOfNest(turn, stage))
        .reduce(plus),
    ),
  ];
}

const minus = (one, other) => ({ wallMs: one.wallMs - other.wallMs, cpuMs: one.cpuMs - other.cpuMs });
const plus = (one, other) => ({ wallMs: one.wallMs + other.wallMs, cpuMs: one.cpuMs + other.cpuMs });

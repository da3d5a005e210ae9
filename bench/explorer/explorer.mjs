// What the explorer adds to emit: three variants of one application, each in a process of its own
// (subject.mjs), in turns. Each process is measured twice: at full speed, and at 400 events a
// second, so slowly that the explorer follows every one of them.
import { fileURLToPath } from 'node:url';
import { BARS } from '../bars.mjs';
import { ask, leave, startChild } from '../children.mjs';
import { compare, report } from '../figures.mjs';

const script = fileURLToPath(new URL('./subject.mjs', import.meta.url));
const VARIANTS = ['without', 'imported', 'watched'];
const SPEEDS = { fast: 'at full speed', paced: '400 events a second, each followed' };
const SUBJECTS = { imported: 'imported, nobody watches', watched: 'one browser watches' };

export async function run({ json, smoke, pairs, only }) {
  const names = Object.keys(SUBJECTS).filter((name) => only.case === undefined || only.case === name);
  if (names.length === 0)
    throw new TypeError(
      `bench explorer has no case "${only.case}". Fix: --case with one of ${Object.keys(SUBJECTS).join(', ')}`,
    );
  const rounds = [];
  for (let round = 0; round < (smoke ? 1 : pairs); round++) {
    const measured = {};
    for (const variant of VARIANTS)
      if (variant === 'without' || names.includes(variant)) measured[variant] = await measure(variant, smoke);
    rounds.push(measured);
  }
  const figures = names.flatMap((name) => Object.keys(SPEEDS).map((speed) => figureOf(name, speed, rounds)));
  return report(
    figures.map((figure) => ({ bench: 'explorer', ...figure })),
    { json },
  );
}

/** A variant is held against the application without the explorer of its round. */
function figureOf(name, speed, rounds) {
  return compare({
    ...{ case: name, subject: `${SUBJECTS[name]}, ${SPEEDS[speed]}`, versus: 'without the explorer' },
    bars: BARS.explorer[`${name} ${speed}`],
    mine: rounds.map((round) => round[name][speed]),
    other: rounds.map((round) => round.without[speed]),
  });
}

async function measure(variant, smoke) {
  const { child, said } = await startChild(script, [variant, ...(smoke ? ['smoke'] : [])]);
  const ending = new AbortController();
  try {
    const stream = variant === 'watched' ? await watch(said.url, ending.signal) : undefined;
    const fast = await ask(child, 'fast');
    const paced = await ask(child, 'paced');
    await ask(child, 'close');
    ending.abort();
    await stream?.reading;
    if (stream !== undefined && stream.rows() === 0) throw new Error('watched: the browser was sent no event');
    return { fast, paced };
  } finally {
    ending.abort();
    await leave(child);
  }
}

/** Reads the stream as a browser does, in this process, whose time is not measured. */
async function watch(url, signal) {
  const response = await fetch(`${url}/tracking/api/stream`, { signal });
  if (!response.ok) throw new Error(`watched: the stream was answered with ${response.status}`);
  let rows = 0;
  const read = async () => {
    for await (const chunk of response.body)
      rows += Buffer.from(chunk).toString('latin1').split('event: rows').length - 1;
  };
  return { rows: () => rows, reading: read().catch(() => undefined) };
}

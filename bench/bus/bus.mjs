// What the event bus costs beside its raw client: events of 1 KB onto a bus, and from it to where
// they are counted. The servers are those of the tests (npm run services), or those that REDIS_URL
// and KAFKA_BROKERS name.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readState } from '../../scripts/services/cache.mjs';
import { BARS } from '../bars.mjs';
import { ask, leave, startChild } from '../children.mjs';
import { each, inPairs, report } from '../figures.mjs';

const script = fileURLToPath(new URL('./ends.mjs', import.meta.url));

export async function run({ json, smoke, pairs, only }) {
  const figures = await each(await servers(only.case), async ({ bus, server }) => {
    const measure = (subject, end) => through({ bus, server, subject, end, smoke });
    return each(['send', 'receive'], (end) =>
      inPairs({
        ...{
          case: bus,
          subject: end,
          versus: 'the raw client, the same batches',
          bars: BARS.bus[`${bus} ${end}`],
          pairs,
        },
        ours: () => measure('ours', end),
        theirs: () => measure('raw', end),
      }),
    );
  });
  return report(
    figures.flat().map((figure) => ({ bench: 'bus', ...figure })),
    { json },
  );
}

async function servers(asked) {
  const state = readState();
  const known = [
    { bus: 'redis-streams', server: process.env.REDIS_URL ?? state.redis?.url },
    { bus: 'kafka', server: process.env.KAFKA_BROKERS ?? state.kafka?.url },
  ].filter(({ bus }) => asked === undefined || bus === asked);
  for (const { bus, server } of known) {
    if (server === undefined) console.error(`bench bus: there is no server for ${bus}. Fix: npm run services`);
  }
  return known.filter(({ server }) => server !== undefined);
}

/**
 * One end in a process of its own; of the other end there is only what it has left, or will find.
 */
async function through({ bus, server, subject, end, smoke }) {
  const [warm, count] = smoke ? [100, 400] : [10_000, 50_000];
  const { child, said } = await startChild(script, [bus, server, `bench-${randomUUID()}`, subject, end]);
  try {
    const { cpu, seconds, passed } = await ask(child, { warm, count });
    if (passed !== warm + count) throw new Error(`${bus} ${subject} ${end}: ${passed} events of ${warm + count}`);
    return { bytes: said.bytes, cpuUs: cpu / count, perSecond: count / seconds };
  } finally {
    await leave(child);
  }
}

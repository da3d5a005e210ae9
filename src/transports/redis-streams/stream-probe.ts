import type { QueueFigures, QueueProbe } from '../../routing/queue-probe';
import type { StreamLink } from './redis-link';
import { explain } from './redis-target';

type Link = Pick<StreamLink, 'call' | 'isReady'>;

const REPLY_MS = 10_000;

/** State of one stream. */
interface StreamFigures {
  readonly name: string;
  readonly depth: number;
  /** Undefined if no group reads the stream, or Redis does not know. */
  readonly lag: number | undefined;
  readonly pending: number;
  readonly consumers: number;
  /** Id of the oldest entry that a group has not finished. */
  readonly oldestId: string | undefined;
}

interface GroupFacts {
  readonly name: string;
  readonly consumers: number;
  readonly pending: number;
  readonly lastDelivered: string;
  readonly lag: number | undefined;
}

/**
 * Asks Redis for the state of streams.
 * @param group the group to look at; undefined for all groups of the streams
 */
export function streamProbe(link: Link, keys: readonly string[], group?: string): QueueProbe {
  return {
    kind: 'redis-streams',
    names: keys,
    fix: 'See that its Redis runs, and check its address and password.',
    ask: () => askStreams(link, keys, group),
  };
}

async function askStreams(link: Link, keys: readonly string[], group: string | undefined): Promise<QueueFigures> {
  if (!link.isReady) throw new Error('Redis is not connected');
  const streams = await Promise.all(keys.map((key) => askStream(link, key, group))).catch((error: unknown) => {
    throw new Error(explain(error));
  });
  const lags = streams.flatMap(({ lag }) => lag ?? []);
  const times = streams.flatMap(({ oldestId }) => (oldestId === undefined ? [] : Number(oldestId.split('-')[0])));
  return {
    depth: sum(streams.map(({ depth }) => depth)),
    lag: lags.length === 0 ? undefined : sum(lags),
    active: sum(streams.map(({ pending }) => pending)),
    // A consumer reads all streams of its group under one name.
    workers: Math.max(0, ...streams.map(({ consumers }) => consumers)),
    oldestAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
    parts: streams.length < 2 ? undefined : streams.map(({ name, depth, lag }) => ({ name, depth, lag })),
  };
}

async function askStream(link: Link, key: string, wanted: string | undefined): Promise<StreamFigures> {
  const call = (command: string, ...args: string[]): Promise<unknown> => link.call(REPLY_MS, command, ...args);
  const depth = (await call('XLEN', key)) as number;
  const none = { name: key, depth, lag: undefined, pending: 0, consumers: 0, oldestId: undefined };
  // XINFO fails for a stream that nobody has written to.
  if (depth === 0 && (await call('EXISTS', key)) === 0) return none;
  const all = factsOf(await call('XINFO', 'GROUPS', key));
  const groups = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  if (groups.length === 0) return none;
  const oldest = await Promise.all(groups.map((group) => oldestOf(call, key, group)));
  const lags = groups.flatMap(({ lag }) => lag ?? []);
  return {
    ...{ name: key, depth, lag: lags.length === 0 ? undefined : Math.max(...lags) },
    pending: sum(groups.map(({ pending }) => pending)),
    consumers: sum(groups.map(({ consumers }) => consumers)),
    oldestId: oldest.flatMap((id) => id ?? []).sort((one, other) => timeOf(one) - timeOf(other))[0],
  };
}

/** Returns the id of the oldest entry that is pending, or else that was not read. */
async function oldestOf(
  call: (command: string, ...args: string[]) => Promise<unknown>,
  key: string,
  { name, pending, lastDelivered }: GroupFacts,
): Promise<string | undefined> {
  if (pending > 0) {
    const [, first] = (await call('XPENDING', key, name)) as readonly [number, string | null];
    if (first !== null) return first;
  }
  const [next] = (await call('XRANGE', key, `(${lastDelivered}`, '+', 'COUNT', '1')) as readonly (readonly [string])[];
  return next?.[0];
}

function factsOf(reply: unknown): GroupFacts[] {
  return (reply as readonly (readonly unknown[])[]).map((pairs) => {
    const valueOf = (name: string): unknown => pairs[pairs.indexOf(name) + 1];
    const lag = pairs.includes('lag') ? valueOf('lag') : undefined;
    return {
      name: String(valueOf('name')),
      consumers: Number(valueOf('consumers')),
      pending: Number(valueOf('pending')),
      lastDelivered: String(valueOf('last-delivered-id')),
      lag: typeof lag === 'number' ? lag : undefined,
    };
  });
}

function timeOf(id: string): number {
  return Number(id.split('-')[0]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

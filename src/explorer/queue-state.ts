import { within } from '../common/within';
import { describeError } from '../common/describe-error';
import type { ConsumerCounts, NodeCounts } from '../ledger/counts';
import type { QueueFigures, QueueProbe } from '../routing/queue-probe';
import type { TrackerRuntime } from '../tracker/tracker-runtime';
import type { QueueState } from './api';

/** Milliseconds that one answer is good for, however many browsers ask. */
const FRESH_MS = 1000;
/** Milliseconds that a server has to answer. */
const ANSWER_MS = 2000;
const MAX_PARTS = 100;

/** What is known of a queue or a consumer without asking a server. */
interface KnownQueue {
  readonly state: Pick<QueueState, 'path' | 'role' | 'counts' | 'waiting' | 'active' | 'lag'>;
  readonly probe: QueueProbe | undefined;
  readonly kindWithout: 'memory' | 'custom';
}

/** What the queues and consumers of a tracker are read from. */
export interface QueueSource {
  readonly tree: Pick<TrackerRuntime['tree'], 'nodes'>;
  readonly ledger: Pick<TrackerRuntime['ledger'], 'consumers'>;
  consumerProbes(): ReadonlyMap<string, QueueProbe | undefined>;
}

/**
 * Reads the queues and consumers of one tracker, and asks their servers how full they are.
 *
 * A server is asked only when someone looks, at most once a second, and never while it has not
 * answered the last question: one that is silent gets no second one.
 */
export class QueueInspector {
  private readonly open = new Map<string, Promise<QueueFigures>>();
  private latest: { readonly at: number; readonly states: Promise<QueueState[]> } | undefined;

  constructor(
    private readonly source: QueueSource,
    private readonly limits: { readonly freshMs: number; readonly answerMs: number } = {
      freshMs: FRESH_MS,
      answerMs: ANSWER_MS,
    },
  ) {}

  /** Returns the states. Never rejects, and takes two seconds at most. */
  states(): Promise<QueueState[]> {
    const now = performance.now();
    if (this.latest === undefined || now - this.latest.at >= this.limits.freshMs)
      this.latest = { at: now, states: Promise.all(knownQueues(this.source).map((known) => this.ask(known))) };
    return this.latest.states;
  }

  private async ask({ state, probe, kindWithout }: KnownQueue): Promise<QueueState> {
    if (probe === undefined) return { ...state, kind: kindWithout, names: [] };
    const { kind, names, fix } = probe;
    try {
      const { oldestAt, parts, ...figures } = await this.figures(`${state.role} ${state.path}`, probe);
      return {
        ...{ ...state, ...defined(figures), kind, names, lookedAt: new Date().toISOString() },
        ...(oldestAt !== undefined && { oldestAt: oldestAt.toISOString() }),
        ...(parts !== undefined && { parts: parts.slice(0, MAX_PARTS).map((part) => ({ ...part })) as never }),
      };
    } catch (error) {
      const { path, role, counts } = state;
      const message = error instanceof Error ? error.message : describeError(error);
      return { ...{ path, role, counts, kind, names }, error: { message: `It did not answer: ${message}.`, fix } };
    }
  }

  private figures(key: string, probe: QueueProbe): Promise<QueueFigures> {
    const { answerMs } = this.limits;
    let asked = this.open.get(key);
    if (asked === undefined) {
      asked = probe.ask().finally(() => this.open.delete(key));
      asked.catch(() => undefined); // awaited below, and possibly given up
      this.open.set(key, asked);
    }
    return within({ timeoutMs: answerMs }, asked, () => {
      throw new Error(`no answer within ${String(answerMs)} ms`);
    });
  }
}

function knownQueues(source: QueueSource): KnownQueue[] {
  const probes = source.consumerProbes();
  return [
    ...[...source.tree.nodes()].flatMap((node): KnownQueue[] => {
      const { queue } = node.queued?.backend ?? {};
      if (queue === undefined) return [];
      const counts = node.counts();
      const probe = queue.probe?.();
      // A node that only receives from a bus has no queue of its own.
      if (probe === undefined && !queue.isLocal) return [];
      return [{ state: nodeState(counts, queue.isLocal), probe, kindWithout: 'memory' }];
    }),
    ...source.ledger.consumers().map((counts): KnownQueue => {
      return { state: consumerState(counts), probe: probes.get(counts.name), kindWithout: 'custom' };
    }),
  ];
}

function nodeState({ path, delivery, work, queue }: NodeCounts, isLocal: boolean): KnownQueue['state'] {
  const { accepted = 0, delivered = 0, pending = 0 } = delivery ?? {};
  const taken = work?.pending ?? 0;
  return {
    ...{ path, role: 'queue' },
    // Events that are on the disk of the queue are counted in both until they are finished.
    ...(isLocal && { waiting: Math.max(0, pending - taken), active: taken }),
    counts: {
      ...{ accepted, 'put in': delivered, 'waiting here': pending },
      ...(work !== undefined && { received: work.received, settled: work.settled, 'dead-lettered': work.deadLettered }),
      ...(work !== undefined && { returned: work.returned, 'in hand': work.pending }),
      ...(queue !== undefined && { unsettled: queue.unsettledEvents, emptied: queue.emptiedEvents }),
    },
  };
}

function consumerState(counts: ConsumerCounts): KnownQueue['state'] {
  const { name, received, settled, duplicates, deadLettered, returned, pending, missed, restarts, lag } = counts;
  return {
    ...{ path: name, role: 'consumer' },
    ...(lag !== undefined && { lag }),
    counts: {
      ...{ received, settled, duplicates, 'dead-lettered': deadLettered, returned, 'in hand': pending },
      ...{ missed, restarts },
    },
  };
}

/** Leaves out what is not known, which must not replace what is. */
function defined<Values extends object>(values: Values): { [Key in keyof Values]: NonNullable<Values[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/**
 * Runs one case of the vectors through a real application context and judges what came of it.
 * Nothing here knows a case by its id: the same judgement has to serve files that nobody here has
 * seen.
 */
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { TrackerService, TrackingModule, type NodeCounts } from 'nestjs-event-tracking';
import type { TrackingRole } from 'nestjs-event-tracking/types';
import { differences, type Observation, type SwallowedCounts } from './compare';
import type { Difference } from './differences';
import { explain } from './explain';
import { CaseClock, StepRunner } from './steps';
import type { QueuedOfCase } from './event-queues';
import { SegmentApi } from './segment';
import { Recording, describeBranch } from './tree';
import { allBackends, checkCase, messageOf, missingPart, type VectorCase } from './vectors';

export type Status = 'passed' | 'failed' | 'skipped' | 'differs' | 'decided';

export interface Outcome {
  readonly status: Status;
  /** Why it is not simply passed: the fault, the missing part, the traits, the decisions. */
  readonly reason: string;
  readonly differences: readonly Difference[];
}

/**
 * @param vector a case as it stands in a file, not checked yet. Never rejects: what goes wrong is a
 * failed case.
 */
export async function runCase(vector: unknown): Promise<Outcome> {
  try {
    checkCase(vector);
    const missing = missingPart(vector);
    if (missing !== undefined) return { status: 'skipped', reason: `needs ${missing}`, differences: [] };
    return judge(vector, await observe(vector));
  } catch (error) {
    return failed(messageOf(error));
  }
}

/**
 * A difference that no trait and no decision explains fails the case, and so does a start that
 * failed for another reason than its configuration. In a `defect` case a decision also stands where
 * nothing differs.
 */
function judge(vector: VectorCase, observation: Observation): Outcome {
  const { constructionError: error, refusesKeys } = observation;
  const found = differences(vector.expected, observation, {
    keyOrder: vector.depends_on?.includes('key-order') ?? false,
  });
  if (error && !isRefusal(error))
    return failed(`the start failed, and not over its configuration: ${messageOf(error)}`);
  const { unexplained, explainedBy, concernedBy } = explain(vector, found, refusesKeys);
  if (unexplained.length > 0) return failed(unexplainedReason(vector, concernedBy), unexplained);
  if (vector.status === 'defect' && concernedBy.length > 0)
    return { status: 'decided', reason: concernedBy.join('; '), differences: found };
  if (found.length === 0) return { status: 'passed', reason: '', differences: [] };
  return { status: 'differs', reason: explainedBy.join('; '), differences: found };
}

function unexplainedReason({ status }: VectorCase, concernedBy: readonly string[]): string {
  if (concernedBy.length > 0) return `not explained by ${concernedBy.join('; ')}`;
  return status === 'defect' ? 'a defect of the reference of a kind that no decision covers' : '';
}

function isRefusal({ name }: Error): boolean {
  return name === 'TrackingConfigException';
}

function failed(reason: string, found: readonly Difference[] = []): Outcome {
  return { status: 'failed', reason, differences: found };
}

/** @throws MalformedCase for what only shows while the case runs. */
export async function observe(
  vector: VectorCase,
  recording = new Recording(vector.settings?.['event_bus']),
): Promise<Observation> {
  if (!sendsToSegment(vector)) return observeWith(vector, recording);
  const segment = await SegmentApi.listen();
  try {
    recording.segment = segment;
    const observation = await observeWith(vector, recording);
    return { ...observation, segmentCalls: segment.calls() };
  } finally {
    await segment.close();
  }
}

/** Then the case's own application only puts events there. */
function hasQueue(tracker: VectorCase['tracker']): boolean {
  return allBackends(tracker).some(({ kind }) => kind === 'async_routing');
}

function sendsToSegment({ tracker }: VectorCase): boolean {
  return allBackends(tracker).some(({ kind }) => kind === 'segment');
}

async function observeWith({ tracker: described, steps = [] }: VectorCase, recording: Recording): Promise<Observation> {
  const clock = new CaseClock();
  const late = steps.flatMap(({ op, name }) => (op === 'register_backend' && typeof name === 'string' ? [name] : []));
  const describe = (role: TrackingRole) => () =>
    TrackingModule.forRoot({
      ...describeBranch(described, recording, '', late),
      role,
      consumers: { bus: recording.bus.describeConsumer() },
      clock: clock.read,
      logger: silent,
      requestContext: false,
    });
  const started = await start(describe(hasQueue(described) ? 'emitter' : 'both'));
  if (started instanceof Error)
    return {
      constructionError: started,
      recording,
      stepErrors: [],
      failedEmits: [],
      swallowed: { processor: 0, backend: 0, mongo: 0 },
      documents: new Map(),
      refusesKeys: false,
    };
  try {
    const tracker = started.get(TrackerService);
    const names = [...Object.keys(described.backends ?? {}), ...late];
    const runner = new StepRunner(tracker, clock, recording, names, described.context_scope ?? 'shared');
    runner.run(steps);
    await tracker.flush();
    const worked = recording.queues.isEmpty ? undefined : await workOff(tracker, recording, describe('worker'));
    return {
      ...(worked === undefined ? {} : { queued: worked.queued }),
      recording,
      stepErrors: [...runner.errors.keys()],
      failedEmits: runner.failedEmits,
      swallowed: swallowedBy([...tracker.ledger.nodes(), ...(worked?.nodes ?? [])]),
      documents: await recording.stores.documents(),
      refusesKeys: await recording.stores.refusesKeys(),
    };
  } finally {
    await started.close();
    await recording.stores.remove();
    await recording.queues.remove();
  }
}

/** What was queued, and the books of the worker that took it out. */
async function workOff(
  tracker: TrackerService,
  { queues }: Recording,
  describe: () => ReturnType<typeof TrackingModule.forRoot>,
): Promise<{ readonly queued: readonly QueuedOfCase[]; readonly nodes: readonly NodeCounts[] }> {
  const queued = await queues.queued(tracker);
  const worker = await start(describe);
  if (worker instanceof Error) throw worker;
  try {
    const inWorker = worker.get(TrackerService);
    await queues.settled(inWorker, queued.length);
    return { queued, nodes: inWorker.ledger.nodes() };
  } finally {
    await worker.close();
  }
}

async function start(
  describe: () => ReturnType<typeof TrackingModule.forRoot>,
): Promise<INestApplicationContext | Error> {
  try {
    return await NestFactory.createApplicationContext(
      { module: class CaseModule {}, imports: [describe()] },
      { logger: false, abortOnError: false },
    );
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** A processor that failed is a failure at its place; a backend that failed dropped its event. */
function swallowedBy(nodes: readonly NodeCounts[]): SwallowedCounts {
  const ofProcessors = nodes
    .flatMap(({ failures }) => Object.entries(failures))
    .filter(([place]) => /(^|\.)processors\[/.test(place));
  return {
    processor: ofProcessors.reduce((sum, [, times]) => sum + times, 0),
    backend: nodes.reduce((sum, { dropped }) => sum + (dropped['backend-failed'] ?? 0), 0),
    mongo: nodes.reduce(
      (sum, { delivery }) => sum + (delivery !== undefined && 'deadLettered' in delivery ? delivery.deadLettered : 0),
      0,
    ),
  };
}

const nothing = (): void => undefined;
const silent: LoggerService = {
  log: nothing,
  error: nothing,
  warn: nothing,
  debug: nothing,
  verbose: nothing,
  fatal: nothing,
};

/**
 * Compares what was observed with what the vectors expect. An `id` of ours is not compared, and the
 * lines of a logger are compared character by character: the reference format is ASCII, so that is
 * byte by byte.
 */
import type { mongo } from 'mongoose';
import { isPlain, valueDifferences, type CompareRules } from './compare-values';
import { align } from './align';
import { segmentDifferences } from './compare-segment';
import type { Difference, ValueDifference } from './differences';
import { byNode, eventLists, timeOf, timeOfLine, type LevelDifference } from './event-lists';
import type { QueuedOfCase } from './event-queues';
import { textDifferences } from './json-text';
import type { SegmentCall } from './segment';
import { levelOf, type Recording } from './tree';
import { entriesOf, isMapping, isTagged } from './values';
import type { VectorExpectation } from './vectors';

/** What one case did, as far as the public surface shows it. */
export interface Observation {
  readonly constructionError?: Error;
  readonly recording: Recording;
  readonly stepErrors: readonly string[];
  /** Those of the failed steps that are emits. */
  readonly failedEmits: readonly string[];
  readonly swallowed: SwallowedCounts;
  /** Absent in a case without a Segment backend. */
  readonly segmentCalls?: readonly SegmentCall[];
  /** What is in each document store, by its path. */
  readonly documents: ReadonlyMap<string, readonly mongo.Document[]>;
  /** What was in the queues before it was worked off; absent in a case without any. */
  readonly queued?: readonly QueuedOfCase[];
  /** Whether the store refuses keys that MongoDB takes. */
  readonly refusesKeys: boolean;
}

/**
 * How many failures of processors and of backends were logged and skipped. Level, event and cause
 * have no counterpart in the ledger and are not compared.
 */
export interface SwallowedCounts {
  readonly processor: number;
  readonly backend: number;
  /** Dead letters of document stores. */
  readonly mongo: number;
}

const COMPARED = [
  'construction_error',
  'received',
  'delivery_order',
  'lines',
  'documents',
  'segment_calls',
  'queued',
  'bus_messages',
  'step_errors',
  'swallowed',
];
/**
 * Of the reference's own client: with another way of connecting, the format has the documents
 * compared only.
 */
const OF_THE_CLIENT = ['connection_options', 'namespace', 'indexes'];

export function differences(expected: VectorExpectation, got: Observation, rules: CompareRules): readonly Difference[] {
  if (expected.construction_error !== undefined || got.constructionError) return startDifferences(expected, got);
  const { recording } = got;
  const deliveries = [
    ...byNode('received', expected.received, recording.received, timeOf, (wanted, event) =>
      eventDifferences(wanted, event, rules),
    ),
    ...byNode('lines', expected.lines, recording.lines, timeOfLine, lineDifferences),
    ...byNode('documents', expected.documents, got.documents, timeOf, (wanted, document) =>
      eventDifferences(withoutId(wanted), withoutId(document), rules),
    ),
  ];
  return [
    ...unproducible(expected, recording),
    ...deliveries,
    ...orderDifferences(expected.delivery_order ?? [], recording, deliveries),
    ...queuedDifferences(expected.queued ?? [], got.queued ?? [], rules),
    ...eventLists(
      'bus_messages',
      'bus_messages',
      expected.bus_messages ?? [],
      recording.bus.messages,
      timeOf,
      messageDifferences,
    ),
    ...segmentDifferences(expected.segment_calls ?? [], got.segmentCalls ?? [], rules),
    ...stepDifferences(expected, got),
    ...failureDifferences(expected, got),
  ];
}

/** One for each error in the configuration, so that each needs an explanation of its own. */
function startDifferences(
  expected: VectorExpectation,
  { constructionError: error }: Observation,
): readonly Difference[] {
  if (expected.construction_error !== undefined && error) return [];
  const start = { part: 'start', kind: 'start', place: 'construction_error' } as const;
  if (!error) return [{ ...start, expected: expected.construction_error, got: 'it starts' }];
  const [head = '', ...errors] = error.message.split(/\n\s+\d+\. /);
  return (errors.length > 0 ? errors : [head]).map((each) => ({ ...start, expected: 'it starts', got: each }));
}

function unproducible(expected: VectorExpectation, { stores }: Recording): readonly Difference[] {
  return Object.entries(expected)
    .filter(
      ([key, value]) =>
        !(COMPARED.includes(key) || (stores.paths.length > 0 && OF_THE_CLIENT.includes(key))) &&
        Object.keys(value as object).length > 0,
    )
    .map(([key, value]) => ({
      part: 'other',
      kind: 'unproducible',
      place: key,
      expected: value as unknown,
      got: 'nothing in this case can produce it',
    }));
}

/**
 * The vectors write an event's own time as plain text though it is a time in memory; of our `id`
 * they know nothing.
 */
function eventDifferences(expected: unknown, got: unknown, rules: CompareRules): readonly ValueDifference[] {
  if (!isMapping(expected) || isTagged(expected) || !isPlain(got)) return valueDifferences(expected, got, rules);
  const { id, ...anonymous } = got;
  const wanted =
    typeof expected.timestamp === 'string' && got.timestamp instanceof Date
      ? { ...expected, timestamp: { $type: 'datetime', value: expected.timestamp } }
      : expected;
  const event = Object.hasOwn(expected, 'id') ? { id, ...anonymous } : anonymous;
  // The order of an event's own fields is not promised: only what is inside them can lean on an
  // order.
  const inExpectedOrder = Object.keys(expected)
    .filter((key) => Object.hasOwn(event, key))
    .map((key) => [key, event[key]]);
  return valueDifferences(wanted, { ...Object.fromEntries(inExpectedOrder), ...event }, rules);
}

/** Without the id: each store adds its own. */
function withoutId(document: unknown): unknown {
  if (!isMapping(document)) return document;
  const { _id, ...fields } = document;
  return fields;
}

function lineDifferences(
  [level, text]: readonly [level: string, text: string],
  [gotLevel, gotText]: readonly [level: string, text: string],
): readonly (ValueDifference | LevelDifference)[] {
  const isLevel = levelOf(level) === gotLevel;
  return [
    ...(isLevel ? [] : [{ kind: 'level', expected: levelOf(level), got: gotLevel } as const]),
    ...textDifferences(text, gotText),
  ];
}

/**
 * The format lists no order of a single delivery. A store is written to later, in batches, and
 * nodes with other events have another order.
 */
function orderDifferences(
  expected: readonly string[],
  { order, stores }: Recording,
  deliveries: readonly Difference[],
): readonly Difference[] {
  const uncompared = new Set<string | undefined>([
    ...stores.paths,
    ...deliveries.filter(({ kind }) => kind === 'missing' || kind === 'extra').map(({ node }) => node),
  ]);
  const compared = (paths: readonly string[]): string => {
    const left = paths.filter((path) => !uncompared.has(path));
    return left.length > 1 ? left.join(', ') : '';
  };
  const [wanted, got] = [compared(expected), compared(order)];
  if (wanted === got) return [];
  return [{ part: 'delivery_order', kind: 'order', place: 'delivery_order', expected: wanted, got }];
}

function queuedDifferences(
  expected: NonNullable<VectorExpectation['queued']>,
  got: readonly QueuedOfCase[],
  rules: CompareRules,
): readonly Difference[] {
  const eventTime = (queued: unknown): bigint | undefined => timeOf((queued as QueuedOfCase).event);
  const events = eventLists('queued', 'queued', expected, got, eventTime, ({ event }, queued) =>
    eventDifferences(asCarried(event), queued.event, rules),
  );
  const addresses = align(expected, got, (wanted, queued) => (eventTime(wanted) === eventTime(queued) ? 1 : 0)).flatMap(
    (pair): readonly Difference[] => {
      const [wanted, name] = [pair.expected?.value.backend_name, pair.got?.value.backend_name];
      if (!pair.expected || !pair.got || wanted === name) return [];
      const place = `queued[${pair.got.at}].backend_name`;
      return [{ part: 'queued', kind: 'address', place, expected: wanted, got: name }];
    },
  );
  return [...events, ...addresses];
}

/** The reference was looked at before it encodes: on the way keys become text. */
function asCarried(value: unknown): unknown {
  if (isTagged(value) && value.$type === 'map')
    return Object.fromEntries(entriesOf(value).map(([key, each]) => [String(key), asCarried(each)]));
  if (isTagged(value)) return value;
  if (Array.isArray(value)) return value.map(asCarried);
  return isMapping(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asCarried(each)]))
    : value;
}

/** Data and context are JSON texts on the bus. */
function messageDifferences(expected: unknown, got: unknown): readonly ValueDifference[] {
  if (!isMapping(expected) || !isPlain(got)) return valueDifferences(expected, got, { keyOrder: false });
  const { data, context, ...rest } = expected;
  const { data: gotData, context: gotContext, ...gotRest } = got;
  return [
    ...valueDifferences(rest, gotRest, { keyOrder: false }),
    ...textDifferences(String(data), gotData, ['data']),
    ...textDifferences(String(context), gotContext, ['context']),
  ];
}

function stepDifferences({ step_errors: expected = [] }: VectorExpectation, got: Observation): readonly Difference[] {
  const wanted = expected.map(({ step }) => step);
  return [...new Set([...wanted, ...got.stepErrors])]
    .filter((step) => wanted.includes(step) !== got.stepErrors.includes(step))
    .sort()
    .map((step) => ({
      part: 'step_errors',
      kind: 'error',
      step,
      place: `step_errors (step ${step})`,
      expected: wanted.includes(step) ? 'it fails' : 'it works',
      got: wanted.includes(step) ? 'it works' : 'it fails',
    }));
}

function failureDifferences({ swallowed = [] }: VectorExpectation, got: Observation): readonly Difference[] {
  return (['processor', 'backend', 'mongo'] as const).flatMap((stage): readonly Difference[] => {
    const wanted = swallowed.filter((each) => each.stage === stage).length;
    if (wanted === got.swallowed[stage]) return [];
    const place = `swallowed (${stage})`;
    return [{ part: 'swallowed', kind: 'failures', stage, place, expected: wanted, got: got.swallowed[stage] }];
  });
}

/**
 * What was observed, beside what the vectors expect. Numbers are compared by value, times by the instant, kinds that JavaScript lacks
 * by their JSON text, an `id` of ours not at all, and the lines of a logger character by character: the reference format is ASCII, so
 * that is byte by byte.
 */
import type { mongo } from 'mongoose';
import type { QueuedOfCase } from './event-queues';
import type { SegmentCall } from './segment';
import { levelOf, type Recording } from './tree';
import {
  entriesOf,
  isMapping,
  isTagged,
  itemsOf,
  jsonText,
  mapValues,
  microseconds,
  toValue,
  type Tagged,
} from './values';
import type { VectorExpectation } from './vectors';

export interface Difference {
  readonly place: string;
  readonly expected: unknown;
  readonly got: unknown;
}

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

/** How many failures of processors and of backends were logged and gone on from. Level, event and cause have no counterpart in the ledger and are not compared. */
export interface SwallowedCounts {
  readonly processor: number;
  readonly backend: number;
  /** Dead letters of document stores. */
  readonly mongo: number;
}

export interface CompareRules {
  /** Whether the order of keys counts: only where a case says that it leans on it. */
  readonly keyOrder: boolean;
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
/** Of the reference's own client: with another way of connecting, the format has the documents compared only. */
const OF_THE_CLIENT = ['connection_options', 'namespace', 'indexes'];

export function differences(expected: VectorExpectation, got: Observation, rules: CompareRules): readonly Difference[] {
  if (expected.construction_error !== undefined || got.constructionError) return constructionDifferences(expected, got);
  const { recording, stepErrors, swallowed, segmentCalls = [] } = got;
  const uncompared = Object.entries(expected).filter(
    ([key, value]) =>
      !(COMPARED.includes(key) || (recording.stores.paths.length > 0 && OF_THE_CLIENT.includes(key))) &&
      Object.keys(value as object).length > 0,
  );
  return [
    ...uncompared.map(([key, value]) => ({ place: key, expected: value, got: 'nothing in this case can produce it' })),
    ...receivedDifferences(expected.received ?? {}, recording.received, rules),
    ...textDifferences(
      synchronous(expected.delivery_order ?? [], recording),
      synchronous(recording.order, recording),
      'delivery_order',
    ),
    ...documentDifferences(expected.documents ?? {}, got.documents, rules),
    ...lineDifferences(expected.lines ?? {}, recording.lines),
    ...valueDifferences(expected.bus_messages ?? [], recording.bus.messages, 'bus_messages', rules),
    ...queuedDifferences(expected.queued ?? [], got.queued ?? [], rules),
    ...segmentDifferences(expected.segment_calls ?? [], segmentCalls, rules),
    ...textDifferences(
      (expected.step_errors ?? []).map(({ step }) => step).sort(),
      [...stepErrors].sort(),
      'step_errors',
    ),
    ...(['processor', 'backend', 'mongo'] as const).flatMap((stage) =>
      same(
        (expected.swallowed ?? []).filter((each) => each.stage === stage).length,
        swallowed[stage],
        `swallowed (${stage})`,
      ),
    ),
  ];
}

function constructionDifferences(
  expected: VectorExpectation,
  { constructionError: error }: Observation,
): readonly Difference[] {
  if (expected.construction_error !== undefined && error) return [];
  const got = error ? `${error.name}: ${error.message}` : 'it starts';
  return [{ place: 'construction_error', expected: expected.construction_error ?? 'it starts', got }];
}

function same(expected: unknown, got: unknown, place: string): readonly Difference[] {
  return expected === got ? [] : [{ place, expected, got }];
}

function textDifferences(expected: readonly string[], got: readonly string[], place: string): readonly Difference[] {
  return same(expected.join(', '), got.join(', '), place);
}

function receivedDifferences(
  expected: NonNullable<VectorExpectation['received']>,
  got: Recording['received'],
  rules: CompareRules,
): readonly Difference[] {
  return byPath(expected, got, (wanted, received, path) => [
    ...same(wanted.length, received.length, `received.${path}.length`),
    ...wanted
      .slice(0, received.length)
      .flatMap((each, at) => eventDifferences(each, received[at], `received.${path}[${at}]`, rules)),
  ]);
}

/** The vectors write an event's own time as plain text though it is a time in memory; of our `id` they know nothing. */
function eventDifferences(expected: unknown, got: unknown, place: string, rules: CompareRules): readonly Difference[] {
  if (!isMapping(expected) || !isPlain(got)) return valueDifferences(expected, got, place, rules);
  const { id, ...anonymous } = got;
  const wanted =
    typeof expected.timestamp === 'string' && got.timestamp instanceof Date
      ? { ...expected, timestamp: { $type: 'datetime', value: expected.timestamp } }
      : expected;
  const event = Object.hasOwn(expected, 'id') ? { id, ...anonymous } : anonymous;
  // Which of its own fields an event has first is nobody's promise: only what is inside them can lean on an order.
  const inExpectedOrder = Object.keys(expected)
    .filter((key) => Object.hasOwn(event, key))
    .map((key) => [key, event[key]]);
  return valueDifferences(wanted, { ...Object.fromEntries(inExpectedOrder), ...event }, place, rules);
}

/** A store is written to later, in batches: the order among the others is left. The format lists none of a single delivery. */
function synchronous(order: readonly string[], { stores }: Recording): readonly string[] {
  const left = order.filter((path) => !stores.paths.includes(path));
  return left.length > 1 ? left : [];
}

/** Without the id: each store adds its own. */
function documentDifferences(
  expected: NonNullable<VectorExpectation['documents']>,
  got: Observation['documents'],
  rules: CompareRules,
): readonly Difference[] {
  return byPath(expected, got, (wanted, written, path) => [
    ...same(wanted.length, written.length, `documents.${path}.length`),
    ...wanted
      .slice(0, written.length)
      .flatMap((each, at) =>
        eventDifferences(withoutId(each), withoutId(written[at]), `documents.${path}[${at}]`, rules),
      ),
  ]);
}

function withoutId(document: unknown): unknown {
  if (!isMapping(document)) return document;
  const { _id, ...fields } = document;
  return fields;
}

function lineDifferences(
  expected: NonNullable<VectorExpectation['lines']>,
  got: Recording['lines'],
): readonly Difference[] {
  return byPath(expected, got, (wanted, written, path) => [
    ...same(wanted.length, written.length, `lines.${path}.length`),
    ...wanted
      .slice(0, written.length)
      .flatMap(([level, text], at) => [
        ...same(levelOf(level), written[at]?.[0], `lines.${path}[${at}].level`),
        ...same(text, written[at]?.[1], `lines.${path}[${at}]`),
      ]),
  ]);
}

function queuedDifferences(
  expected: NonNullable<VectorExpectation['queued']>,
  got: readonly QueuedOfCase[],
  rules: CompareRules,
): readonly Difference[] {
  return [
    ...same(expected.length, got.length, 'queued.length'),
    ...expected
      .slice(0, got.length)
      .flatMap(({ backend_name: name, event }, at) => [
        ...same(name, got[at]?.backend_name, `queued[${at}].backend_name`),
        ...eventDifferences(asCarried(event), got[at]?.event, `queued[${at}].event`, rules),
      ]),
  ];
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

/** On the wire every value is JSON, so that is what the expected ones are made too; a user's id is its text there. */
function segmentDifferences(
  expected: readonly unknown[],
  got: readonly SegmentCall[],
  rules: CompareRules,
): readonly Difference[] {
  return [
    ...same(expected.length, got.length, 'segment_calls.length'),
    ...expected
      .slice(0, got.length)
      .flatMap((call, at) => callDifferences(call, got[at], `segment_calls[${at}]`, rules)),
  ];
}

function callDifferences(expected: unknown, got: unknown, place: string, rules: CompareRules): readonly Difference[] {
  const wanted = wireForm(expected);
  if (!isMapping(wanted) || !isPlain(got)) return [{ place, expected, got }];
  const { user_id: user } = wanted;
  const userText = typeof user === 'string' ? user : JSON.stringify(user);
  return valueDifferences(
    { ...wanted, user_id: userText, properties: ownTimeCut(wanted.properties) },
    { ...got, properties: ownTimeCut(got.properties) },
    place,
    rules,
  );
}

/** undefined for what has no JSON form: it equals nothing. */
function wireForm(expected: unknown): unknown {
  try {
    const inJson = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
    return JSON.parse(JSON.stringify(toValue(expected), inJson));
  } catch {
    return undefined;
  }
}

/** The event's own time as an instant: the reference and we write it with other digits and another zone. */
function ownTimeCut(properties: unknown): unknown {
  if (!isMapping(properties) || typeof properties.timestamp !== 'string') return properties;
  return { ...properties, timestamp: String(microseconds(properties.timestamp)) };
}

function byPath<E, G>(
  expected: Readonly<Record<string, readonly E[]>>,
  got: ReadonlyMap<string, readonly G[]>,
  compare: (expected: readonly E[], got: readonly G[], path: string) => readonly Difference[],
): readonly Difference[] {
  const wanted = new Map(Object.entries(expected));
  return [...new Set([...wanted.keys(), ...got.keys()])].flatMap((path) =>
    compare(wanted.get(path) ?? [], got.get(path) ?? [], path),
  );
}

/** @param ancestors the values of ours that hold this one, for expectations that name a cycle. */
export function valueDifferences(
  expected: unknown,
  got: unknown,
  place: string,
  rules: CompareRules,
  ancestors: readonly unknown[] = [],
): readonly Difference[] {
  const differs = [{ place, expected, got }];
  if (isTagged(expected)) return tagMatches(expected, got, place, rules, ancestors) ? [] : differs;
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return differs;
    return expected.flatMap((each, at) =>
      valueDifferences(each, got[at], `${place}[${at}]`, rules, [...ancestors, got]),
    );
  }
  if (isMapping(expected)) {
    if (!isPlain(got) || !sameKeys(Object.keys(expected), definedKeys(got), rules)) return differs;
    return Object.keys(expected).flatMap((key) =>
      valueDifferences(expected[key], got[key], `${place}.${key}`, rules, [...ancestors, got]),
    );
  }
  return expected === got ? [] : differs;
}

function sameKeys(expected: readonly string[], got: readonly string[], { keyOrder }: CompareRules): boolean {
  const order = (keys: readonly string[]): string => JSON.stringify(keyOrder ? keys : [...keys].sort());
  return order(expected) === order(got);
}

function definedKeys(mapping: Record<string, unknown>): readonly string[] {
  return Object.keys(mapping).filter((key) => mapping[key] !== undefined);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    isMapping(value) &&
    !(value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
  );
}

function tagMatches(
  tag: Tagged,
  got: unknown,
  place: string,
  rules: CompareRules,
  ancestors: readonly unknown[],
): boolean {
  const equal = (expected: unknown, value: unknown): boolean =>
    valueDifferences(expected, value, `${place}()`, rules, [...ancestors, got]).length === 0;
  switch (tag.$type) {
    case 'datetime':
      return got instanceof Date && microseconds(String(tag.value)) === microsOf(got);
    case 'date':
    case 'time':
    case 'duration':
    case 'decimal':
    case 'uuid':
      return got === jsonText(tag);
    case 'integer':
      return typeof got === 'bigint'
        ? got === BigInt(String(tag.value))
        : Number.isSafeInteger(got) && String(got) === tag.value;
    case 'float':
      return typeof got === 'number' && (got === toValue(tag) || (Number.isNaN(got) && Number.isNaN(toValue(tag))));
    case 'bytes':
      return got instanceof Uint8Array && Buffer.from(got).toString('hex') === tag.hex;
    case 'tuple': // a list is the tuple of JavaScript
      return equal(itemsOf(tag), got);
    case 'set':
      return got instanceof Set && equal(itemsOf(tag), [...(got as Set<unknown>)]);
    case 'map':
      return entriesMatch(entriesOf(tag), got, equal);
    case 'cyclic':
      return isPlain(got) && got.self === got;
    case 'cycle':
      return ancestors.includes(got);
    default: // opaque and uncopyable values do not come back as themselves
      return false;
  }
}

function entriesMatch(
  entries: readonly (readonly [unknown, unknown])[],
  got: unknown,
  equal: (expected: unknown, value: unknown) => boolean,
): boolean {
  if (got instanceof Map) return equal(entries, [...(got as Map<unknown, unknown>)]);
  const textKeys = entries.every(([key]) => typeof key === 'string');
  return (
    textKeys &&
    equal(
      mapValues(Object.fromEntries(entries as [string, unknown][]), (value) => value),
      got,
    )
  );
}

function microsOf(date: Date): bigint | undefined {
  return Number.isNaN(date.getTime()) ? undefined : BigInt(date.getTime()) * 1000n;
}

/** Compares the calls of Segment's client with what came over the wire. */
import { isPlain, valueDifferences, type CompareRules } from './compare-values';
import type { Difference, ValueDifference } from './differences';
import { eventLists, timeOf } from './event-lists';
import type { SegmentCall } from './segment';
import { isMapping, microseconds, toValue } from './values';

/**
 * On the wire every value is JSON, so that is what the expected ones are made too; a user's id is
 * its text there.
 */
export function segmentDifferences(
  expected: readonly unknown[],
  got: readonly SegmentCall[],
  rules: CompareRules,
): readonly Difference[] {
  const time = (call: unknown): bigint | undefined => timeOf((wireForm(call) as SegmentCall | undefined)?.properties);
  return eventLists('segment_calls', 'segment_calls', expected, got, time, (wanted, call) =>
    callDifferences(wanted, call, rules),
  );
}

function callDifferences(expected: unknown, got: unknown, rules: CompareRules): readonly ValueDifference[] {
  const wanted = wireForm(expected);
  if (!isMapping(wanted) || !isPlain(got)) return [{ kind: 'value', path: [], expected, got }];
  const { user_id: user } = wanted;
  const userText = typeof user === 'string' ? user : JSON.stringify(user);
  return valueDifferences(
    { ...wanted, user_id: userText, properties: ownTimeCut(wanted.properties) },
    { ...got, properties: ownTimeCut(got.properties) },
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

/**
 * The event's own time as an instant: the reference and we write it with other digits and another
 * zone.
 */
function ownTimeCut(properties: unknown): unknown {
  if (!isMapping(properties) || typeof properties.timestamp !== 'string') return properties;
  return { ...properties, timestamp: String(microseconds(properties.timestamp)) };
}

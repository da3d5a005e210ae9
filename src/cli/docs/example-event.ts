import type { EventDefinition } from '../../catalog/define-event';
import { refusalOf, type ReadSchema } from '../../catalog/event-schema';
import { sampleOf } from '../../catalog/sample-value';
import { DateRevival } from '../validate/date-revival';

/** Event in its logged form, with an example of the definition or generated data. */
export interface ExampleEvent {
  readonly event: {
    readonly name: string;
    readonly timestamp: string;
    readonly id: string;
    readonly context: unknown;
    readonly data: unknown;
  };
  readonly isMadeUp: boolean;
  /** True if the schemas accept the event: generated data follows the types, but not every rule. */
  readonly fits: boolean;
}

const TIMESTAMP = '2026-11-01T12:00:00.000Z';
const ID = '01a20c71-ff32-71f7-89be-298454b6bebd';

/** Returns one event for each example of the definition, or a generated event if there are none. */
export function exampleEvents({
  name,
  document,
  schemas,
}: EventDefinition): readonly [ExampleEvent, ...ExampleEvent[]] {
  const sample = (schema: ReadSchema | undefined): unknown => (schema === undefined ? {} : sampleOf(schema.json));
  const context = sample(schemas.context);
  const make = (data: unknown, isMadeUp: boolean): ExampleEvent => ({
    event: { name, timestamp: TIMESTAMP, id: ID, context, data },
    isMadeUp,
    fits: isTaken(schemas.context, context) && isTaken(schemas.data, data),
  });
  const [first, ...others] = document.examples.map((data) => make(data, false));
  return first === undefined ? [make(sample(schemas.data), true)] : [first, ...others];
}

/**
 * Returns true if a schema accepts an example. The example is JSON: if the schema only accepts a
 * Date, a string is converted to one.
 */
function isTaken(schema: ReadSchema | undefined, value: unknown): boolean {
  if (schema === undefined || refusalOf(schema, value) === undefined) return true;
  const withDates = structuredClone(value);
  return DateRevival.of(schema)?.revive(withDates) === true && refusalOf(schema, withDates) === undefined;
}

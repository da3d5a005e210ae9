import type { EventDefinition } from '../../catalog/define-event';
import { refusalOf, type ReadSchema } from '../../catalog/event-schema';
import { sampleOf } from '../../catalog/sample-value';
import { DateRevival } from '../validate/date-revival';

/** An event as it stands in the log, one of the definition's examples in it or data made up. */
export interface ExampleEvent {
  readonly event: {
    readonly name: string;
    readonly timestamp: string;
    readonly id: string;
    readonly context: unknown;
    readonly data: unknown;
  };
  readonly isMadeUp: boolean;
  /** Whether the schemas let it through: what is made up knows the types, and not every rule. */
  readonly fits: boolean;
}

const TIMESTAMP = '2026-11-01T12:00:00.000Z';
const ID = '01a20c71-ff32-71f7-89be-298454b6bebd';

/** One for each example that is given; one that is made up if there is none. */
export function exampleEvents({ name, document, schemas }: EventDefinition): readonly [ExampleEvent, ...ExampleEvent[]] {
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

/** The example is JSON: where the schema takes a Date alone, its string stands for one. */
function isTaken(schema: ReadSchema | undefined, value: unknown): boolean {
  if (schema === undefined || refusalOf(schema, value) === undefined) return true;
  const withDates = structuredClone(value);
  return DateRevival.of(schema)?.revive(withDates) === true && refusalOf(schema, withDates) === undefined;
}

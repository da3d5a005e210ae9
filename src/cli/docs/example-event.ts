import type { EventDefinition } from '../../catalog/define-event';
import type { ReadSchema } from '../../catalog/event-schema';
import { fittingOf, fittingValue, type Fitting } from './fitting-value';

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
  /** Values as the application passes them: with Dates where the schemas require them. */
  readonly emitted: { readonly context: unknown; readonly data: unknown };
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
  const context = madeUp(schemas.context);
  const make = (data: Fitting, isMadeUp: boolean): ExampleEvent => ({
    event: { name, timestamp: TIMESTAMP, id: ID, context: context.value, data: data.value },
    emitted: { context: context.emitted, data: data.emitted },
    isMadeUp,
    fits: context.fits && data.fits,
  });
  const [first, ...others] = document.examples.map((data) => make(fittingOf(schemas.data, data), false));
  return first === undefined ? [make(madeUp(schemas.data), true)] : [first, ...others];
}

function madeUp(schema: ReadSchema | undefined): Fitting {
  return schema === undefined ? { value: {}, emitted: {}, fits: true } : fittingValue(schema);
}

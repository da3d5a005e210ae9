import type { EventCatalog } from './catalog';
import type { EventData, EventDefinition } from './define-event';

/**
 * Registers the catalog with the compiler, which then checks the names passed to `emit`,
 * `emitConfirmed` and @TrackEvent, and the data passed to `emit` and `emitConfirmed`. To check the
 * data of @TrackEvent, pass the definition instead of the name.
 *
 *     declare module 'nestjs-event-tracking' {
 *       interface Register { catalog: typeof catalog }
 *     }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the application
export interface Register {}

/** Events of the registered catalog; never without one. */
export type RegisteredEvent = Register extends { readonly catalog: EventCatalog<infer Entries> }
  ? Extract<Entries[number], EventDefinition>
  : never;

/** Event names: those of the registered catalog, or any string without one. */
export type EventName = [RegisteredEvent] extends [never] ? string : RegisteredEvent['name'];

/** Data type of an event name. */
export type DataOfName<Name extends string> = [RegisteredEvent] extends [never]
  ? object
  : EventData<Extract<RegisteredEvent, { readonly name: Name }>>;

/** Argument list with data that may be omitted if none of its fields is required. */
export type DataArgument<Data extends object> = Partial<Data> extends Data ? [data?: Data] : [data: Data];

/** Data argument of an event name, required if the definition has required fields. */
export type NamedDataArgument<Name extends string> = [RegisteredEvent] extends [never]
  ? [data?: object]
  : DataArgument<DataOfName<Name>>;

/**
 * Any name without a registered catalog, and no name with one: there the definition has the data.
 */
export type UnregisteredName = [RegisteredEvent] extends [never] ? EventName : undefined;

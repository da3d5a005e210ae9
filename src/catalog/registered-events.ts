import type { Catalog } from './catalog';
import type { EventData, EventDefinition } from './define-event';

/**
 * Tells the compiler of the catalog. It then checks the names given to `emit`, `emitConfirmed` and @TrackEvent, and the data given to `emit` and `emitConfirmed`; for the data of @TrackEvent, pass it the definition:
 *
 *     declare module 'nestjs-event-tracking' {
 *       interface Register { catalog: typeof catalog }
 *     }
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled in by the application
export interface Register {}

type Entries = Register extends { readonly catalog: Catalog<infer Given> } ? Given[number] : never;

/** The events of the registered catalog; never without one. */
export type RegisteredEvent = Extract<Entries, EventDefinition>;

/** The names that can be emitted: those of the registered catalog, or any without one. */
export type EventName = [RegisteredEvent] extends [never] ? string : RegisteredEvent['name'];

/** The data that goes with a name. */
export type DataOfName<Name extends string> = [RegisteredEvent] extends [never]
  ? object
  : EventData<Extract<RegisteredEvent, { readonly name: Name }>>;

/** Data that may be left out where nothing of it is required. */
export type DataArgument<Data extends object> = Partial<Data> extends Data ? [data?: Data] : [data: Data];

/** The data argument that goes with a name: required where the registered definition requires any of it. */
export type NamedDataArgument<Name extends string> = [RegisteredEvent] extends [never]
  ? [data?: object]
  : DataArgument<DataOfName<Name>>;

/** Any name without a registered catalog, none with one: there, the definition says what the data is. */
export type UnregisteredName = [RegisteredEvent] extends [never] ? EventName : undefined;

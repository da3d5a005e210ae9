import type { EventCatalog } from './catalog';
import type { SyncValues } from '../event/tracking-event';
import type { EventData, EventDefinition } from './define-event';

/**
 * Registers the catalog with the compiler, which then checks the names and the data passed to
 * `emit`, `emitConfirmed` and @TrackEvent (docs/decisions/0377).
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

/** Names of the registered catalog; never without one. */
export type RegisteredName = RegisteredEvent['name'];

/**
 * One name of the registered catalog. Never for any other string, for a union of names, and for a
 * type parameter: of those, the compiler does not know the data.
 */
export type SingleName<Name extends string> = [RegisteredEvent] extends [never]
  ? never
  : IsUnion<Name> extends false
    ? Name
    : never;

/** True for a union. */
export type IsUnion<Name, All = Name> = Name extends unknown ? ([All] extends [Name] ? false : true) : never;

/** Return type of a data function: the data of the event, or nothing if no field is required. */
export type NamedData<Name extends string> =
  Partial<DataOfName<Name>> extends DataOfName<Name>
    ? (DataOfName<Name> & SyncValues) | undefined
    : DataOfName<Name> & SyncValues;

/** True if a data function with this return type may be used for the event. */
export type IsDataOf<Name extends string, Returned> = [Returned] extends [NamedData<Name>]
  ? true
  : SaysNothing<Exclude<Returned, undefined>>;

/**
 * True for a type that says nothing about its fields: `object`, or a type with an index signature.
 * A string is assignable to `{}`, the type of an empty literal, and not to `object`.
 */
export type SaysNothing<Values> = [Values] extends [never]
  ? false
  : string extends keyof Values
    ? true
    : [keyof Values] extends ['then']
      ? string extends Values
        ? false
        : true
      : false;

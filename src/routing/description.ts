import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { Destination } from '../delivery/destination';
import type { AsyncProcessor, Backend, EnvelopeBackend, EventProcessor, Processor } from './contracts';
import type { OnError } from './processor-step';
import type { RoutingBackend } from './routing.backend';

// Any constructor must fit here, whatever its parameters: only `any` says that of a parameter list.
/* eslint-disable @typescript-eslint/no-explicit-any */
/** A class whose instances receive events. */
export type BackendClass = new (...args: any[]) => Backend | Destination | EnvelopeBackend | RoutingBackend;
/** A class whose instances process events. */
export type ProcessorClass = new (...args: any[]) => EventProcessor;
/** A class whose instances process events and have to wait for it: only in an AsyncRoutingBackend. */
export type AsyncProcessorClass = new (...args: any[]) => AsyncProcessor;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The options of a class: its public `options`, else the first parameter of its constructor, where `@InjectOptions()` stands. */
export type OptionsOf<Class extends BackendClass | ProcessorClass | AsyncProcessorClass> =
  InstanceType<Class> extends { readonly options: infer Options } ? Options : FirstParameter<Class>;

type FirstParameter<Class extends BackendClass | ProcessorClass | AsyncProcessorClass> =
  ConstructorParameters<Class> extends readonly []
    ? Record<string, never> | undefined
    : ConstructorParameters<Class>[0];

/** Options made at start from injected providers. Giving false switches the node off: it is not built and takes no events. */
export interface OptionsFactory<Options, Dependencies extends readonly unknown[] = readonly unknown[]> {
  readonly inject?:
    { readonly [At in keyof Dependencies]: InjectionToken<Dependencies[At]> | OptionalFactoryDependency } | undefined;
  readonly useFactory: (...dependencies: Dependencies) => Options | false | Promise<Options | false>;
}

type Imports = NonNullable<ModuleMetadata['imports']>;

/** A function or class that needs no options, or what `processor()` describes. */
export type ProcessorEntry = Processor | (new () => EventProcessor) | (new () => AsyncProcessor) | ProcessorDescription;

/** What stands inside and around a backend. */
export interface BackendSurroundings {
  /** Run in order, before the backend, on this node's own copy of the event.  @default [] */
  readonly processors?: readonly ProcessorEntry[] | undefined;
  /** Children, for a routing backend.  @default {} */
  readonly backends?: Backends | undefined;
  /** How events get to it, for a destination; what is left out is as in `forRoot({ delivery })`.  @default {} */
  readonly delivery?: DeliveryOptions | undefined;
  /** Modules whose exports the backend and its processors can inject.  @default [] */
  readonly imports?: Imports | undefined;
}

/** Backends by name. A name is of letters, digits, `_`, `.` and `-`. */
export type Backends = Readonly<Record<string, BackendDescription>>;

export interface ProcessorSettings {
  /**
   * What a failure of the processor means for the event. Shipped filters always hold it back. 'dead-letter' only in an
   * AsyncRoutingBackend, behind its queue.  @default 'skip'
   */
  readonly onError?: OnError | undefined;
  /** How long an AsyncProcessor may take for one event; beyond it that is a failure.  @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Events that an AsyncProcessor works on at once.  @default 10 */
  readonly concurrency?: number | undefined;
  /** Modules whose exports the processor can inject, besides those of its node.  @default [] */
  readonly imports?: Imports | undefined;
}

/** A backend as `backend()` describes it: plain data, which may stand in several places and is built once for each. */
export interface BackendDescription {
  readonly kind: 'backend';
  readonly type: BackendClass;
  readonly options: unknown;
  readonly surroundings: BackendSurroundings;
}

/** A processor as `processor()` describes it. */
export interface ProcessorDescription {
  readonly kind: 'processor';
  readonly type: ProcessorClass | AsyncProcessorClass | Processor;
  readonly options: unknown;
  readonly settings: ProcessorSettings;
}

/**
 * Describes one backend of the tree; its name is the key under which it stands.
 * @param options the class's own: a value, or `{ inject, useFactory }`
 */
export function backend<Class extends BackendClass, const Dependencies extends readonly unknown[] = readonly unknown[]>(
  type: Class,
  options?: OptionsOf<Class> | OptionsFactory<OptionsOf<Class>, Dependencies>,
  surroundings: BackendSurroundings = {},
): BackendDescription {
  return { kind: 'backend', type, options, surroundings };
}

/** Describes a processor given as a function. */
export function processor(process: Processor, settings?: ProcessorSettings): ProcessorDescription;
/**
 * Describes a processor given as a class.
 * @param options the class's own: a value, or `{ inject, useFactory }`
 */
export function processor<
  Class extends ProcessorClass | AsyncProcessorClass,
  const Dependencies extends readonly unknown[] = readonly unknown[],
>(
  type: Class,
  options?: OptionsOf<Class> | OptionsFactory<OptionsOf<Class>, Dependencies>,
  settings?: ProcessorSettings,
): ProcessorDescription;
export function processor(
  type: ProcessorClass | AsyncProcessorClass | Processor,
  options?: unknown,
  settings: ProcessorSettings = {},
): ProcessorDescription {
  if (isProcessorClass(type)) return { kind: 'processor', type, options, settings };
  return { kind: 'processor', type, options: undefined, settings: options ?? {} };
}

/** Whether Nest has to build it, be it one that waits. */
export function isProcessorClass(type: unknown): type is ProcessorClass | AsyncProcessorClass {
  return isSyncProcessorClass(type) || isAsyncProcessorClass(type);
}

export function isSyncProcessorClass(type: unknown): type is ProcessorClass {
  return (
    typeof type === 'function' && typeof (type.prototype as Partial<EventProcessor> | undefined)?.process === 'function'
  );
}

export function isAsyncProcessorClass(type: unknown): type is AsyncProcessorClass {
  return (
    typeof type === 'function' &&
    !isSyncProcessorClass(type) &&
    typeof (type.prototype as Partial<AsyncProcessor> | undefined)?.processAsync === 'function'
  );
}

export function isOptionsFactory(options: unknown): options is OptionsFactory<unknown> {
  return (
    typeof options === 'object' &&
    options !== null &&
    typeof (options as { useFactory?: unknown }).useFactory === 'function'
  );
}

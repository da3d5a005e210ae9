import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { Destination } from '../delivery/destination';
import type { AsyncProcessor, Backend, BuiltInBackend, EventProcessor, Processor } from './contracts';
import type { OnError } from './processor-step';
import type { RoutingBackend } from './routing.backend';

// Accepts any constructor, whatever its parameters: only `any` expresses that for a parameter list.
/* eslint-disable @typescript-eslint/no-explicit-any */
/** Class whose instances receive events. */
export type BackendClass = new (...args: any[]) => Backend | Destination | BuiltInBackend | RoutingBackend;
/** Class whose instances process events. */
export type ProcessorClass = new (...args: any[]) => EventProcessor;
/** Class whose instances process events asynchronously. Allowed only in an AsyncRoutingBackend. */
export type AsyncProcessorClass = new (...args: any[]) => AsyncProcessor;
/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Type of a class's options: its public `options`, or else the first parameter of its constructor,
 * which `@InjectOptions()` decorates.
 */
export type OptionsOf<Class extends BackendClass | ProcessorClass | AsyncProcessorClass> =
  InstanceType<Class> extends { readonly options: infer Options }
    ? Options
    : ConstructorParameters<Class> extends readonly []
      ? Record<string, never> | undefined
      : ConstructorParameters<Class>[0];

/**
 * Options created at start from injected providers. A factory that returns false switches the node
 * off: the node is not built and receives no events.
 */
export interface OptionsFactory<Options, Dependencies extends readonly unknown[] = readonly unknown[]> {
  readonly inject?:
    { readonly [At in keyof Dependencies]: InjectionToken<Dependencies[At]> | OptionalFactoryDependency } | undefined;
  readonly useFactory: (...dependencies: Dependencies) => Options | false | Promise<Options | false>;
}

/** Function or class that needs no options, or the result of `processor()`. */
export type ProcessorEntry = Processor | (new () => EventProcessor) | (new () => AsyncProcessor) | ProcessorDescription;

/** Processors, children, delivery and imports of a backend. */
export interface BackendNodeOptions {
  /**
   * Processors that run in order, before the backend, on this node's own copy of the event.
   * @default []
   */
  readonly processors?: readonly ProcessorEntry[] | undefined;
  /** Children of a routing backend.  @default {} */
  readonly backends?: Backends | undefined;
  /**
   * Delivery options of a destination. An option that is left out has its value from
   * `forRoot({ delivery })`.
   * @default {}
   */
  readonly delivery?: DeliveryOptions | undefined;
  /** Modules whose exports the backend and its processors can inject.  @default [] */
  readonly imports?: ModuleMetadata['imports'] | undefined;
}

/** Backends by name. A name consists of letters, digits, `_`, `.` and `-`. */
export type Backends = Readonly<Record<string, BackendDescription>>;

export interface ProcessorSettings {
  /**
   * Effect of a failure of the processor on the event. A shipped filter that guards privacy treats
   * 'skip' as 'drop'. 'dead-letter' is allowed only in an AsyncRoutingBackend, behind its queue.
   * @default 'skip'
   */
  readonly onError?: OnError | undefined;
  /**
   * Timeout of an AsyncProcessor for one event, in milliseconds. A timeout counts as a failure.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /** Number of events that an AsyncProcessor processes at once.  @default 10 */
  readonly concurrency?: number | undefined;
  /**
   * Modules whose exports the processor can inject, in addition to the modules of its node.
   * @default []
   */
  readonly imports?: ModuleMetadata['imports'] | undefined;
}

/**
 * Description of a backend, created by `backend()`. It is plain data; the same description may
 * appear in several places, and is built once for each.
 */
export interface BackendDescription {
  readonly kind: 'backend';
  readonly type: BackendClass;
  readonly options: unknown;
  readonly node: BackendNodeOptions;
}

/** Description of a processor, created by `processor()`. */
export interface ProcessorDescription {
  readonly kind: 'processor';
  readonly type: ProcessorClass | AsyncProcessorClass | Processor;
  readonly options: unknown;
  readonly settings: ProcessorSettings;
}

/**
 * Describes one backend of the tree. Its name is its key in `backends`.
 * @param options options of the class: a value, or `{ inject, useFactory }`
 */
export function backend<Class extends BackendClass, const Dependencies extends readonly unknown[] = readonly unknown[]>(
  type: Class,
  options?: OptionsOf<Class> | OptionsFactory<OptionsOf<Class>, Dependencies>,
  node: BackendNodeOptions = {},
): BackendDescription {
  return { kind: 'backend', type, options, node };
}

/** Describes a processor given as a function. */
export function processor(process: Processor, settings?: ProcessorSettings): ProcessorDescription;
/**
 * Describes a processor given as a class.
 * @param options options of the class: a value, or `{ inject, useFactory }`
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

/** True if Nest has to build the processor, synchronous or asynchronous. */
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

interface Descriptions {
  readonly backend: BackendDescription;
  readonly processor: ProcessorDescription;
}

/** True for the result of `backend()` or `processor()`. */
export function isDescription<Kind extends keyof Descriptions>(
  value: unknown,
  kind: Kind,
): value is Descriptions[Kind] {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}

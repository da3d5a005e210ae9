/** The plan of a tree: its description, read and checked before anything is built. */
import type { ModuleMetadata } from '@nestjs/common';
import type { ConfigError } from '../common/tracking-config.exception';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { Processor } from './contracts';
import type { AsyncProcessorClass, BackendClass, Backends, ProcessorClass, ProcessorEntry } from './description';
import type { OnError } from './processor-step';

export type Imports = NonNullable<ModuleMetadata['imports']>;

/** Settings of a processor, with the defaults of those that were left out. */
export interface StepSettings {
  readonly onError: OnError;
  /** Timeout for one event, in milliseconds. Applies only to an AsyncProcessor. */
  readonly timeoutMs: number;
  /** Maximum number of calls in progress at once. Applies only to an AsyncProcessor. */
  readonly concurrency: number;
}

export interface ProcessorPlan {
  /** Place in the configuration: `backends.caliper.processors[0] (RegexFilter)`. */
  readonly place: string;
  readonly token: string;
  readonly type: ProcessorClass | AsyncProcessorClass | Processor;
  readonly options: unknown;
  readonly settings: StepSettings;
  readonly imports: Imports;
}

/** Processor of a plan with the instance that Nest has built, or the function itself. */
export interface BuiltProcessor extends Pick<ProcessorPlan, 'place' | 'type' | 'settings'> {
  readonly instance: unknown;
}

export interface BackendPlan {
  /** Place in the configuration: `backends.caliper.backends.mongo (MongoBackend)`. */
  readonly place: string;
  readonly name: string;
  readonly path: string;
  readonly token: string;
  readonly type: BackendClass;
  readonly options: unknown;
  readonly imports: Imports;
  readonly delivery: DeliveryOptions | undefined;
  readonly processors: readonly ProcessorPlan[];
  readonly children: readonly BackendPlan[];
}

/** Processors and backends of one tracker, in the order in which they receive events. */
export interface TreePlan {
  readonly processors: readonly ProcessorPlan[];
  readonly backends: readonly BackendPlan[];
  /** All errors of the description, each with its place in the configuration. */
  readonly errors: readonly ConfigError[];
}

/** Description of a tree, as given to `forRoot`. */
export interface DescribedTree {
  readonly processors?: readonly ProcessorEntry[] | undefined;
  readonly backends?: Backends | undefined;
  readonly imports?: ModuleMetadata['imports'] | undefined;
}

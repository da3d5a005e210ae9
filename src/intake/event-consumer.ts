import type { ModuleMetadata } from '@nestjs/common';
import type { CarriedFacts } from '../event/envelope';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { OptionsFactory } from '../routing/description';
import type { QueueProbe } from '../routing/queue-probe';

/** One entry that a consumer has read. */
export interface ConsumedMessage {
  /**
   * Position of the entry on its bus, shown to the operator: `0-1` of a stream, `2:17` of a topic.
   */
  readonly position: string;
  /** Bytes of the entry as they were read, for the dead letters. */
  readonly raw: Uint8Array;
  /**
   * Approximate size in bytes, where `raw` is assembled only when it is read.
   * @default the length of `raw`
   */
  readonly bytes?: number | undefined;
  /** Decodes the event. @throws Error that describes the problem, if the entry is not an event */
  readonly decode: () => IdentifiedEvent;
  /**
   * Facts about the event that are not part of it, once it is decoded.
   * @internal
   */
  readonly origin?: CarriedFacts | undefined;
}

/** Receives the entries that a consumer has read. */
export interface ConsumerSink {
  /**
   * Passes entries to every node of the bus, in the order of the calls, and to every matching
   * handler. Resolves when each entry is done, or cannot be done before the application ends. Never
   * rejects.
   * @param onDone called with the index of each entry that is done, in any order: delivered, or
   *   kept as a dead letter. The entry may then be acknowledged.
   */
  take(entries: readonly ConsumedMessage[], onDone: (index: number) => void): Promise<void>;
  /** Keeps as a dead letter an entry that was read too often without being done. */
  bury(entry: ConsumedMessage, reason: string): void;
}

export interface ConsumerHost {
  /** Place of the consumer in the configuration: `consumers.bus (RedisStreamsConsumer)`. */
  readonly place: string;
  readonly tracker: string;
  readonly name: string;
  readonly intake: ConsumerSink;
  /** Counts entries that the bus removed before they were read. */
  readonly missed: (entries: number) => void;
  /** Counts a restart: the bus has lost its history, and reading began again. */
  readonly restarted: () => void;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

/**
 * Brings events in, for example from a bus, at least once: it acknowledges only entries that are
 * done.
 */
export interface EventConsumer {
  /**
   * True if its events enter the tree at the root, like emitted ones, and go to no handler.
   * @internal
   */
  readonly entersAtRoot?: boolean;
  /**
   * Starts reading. Returns at once: an unreachable bus does not keep the application from
   * starting.
   */
  begin(host: ConsumerHost): void;
  /** Stops reading. Resolves when reading has ended, at the latest after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
  /**
   * Acknowledges the entries that are done, gives back the others, and releases all resources.
   * Called after the children have closed. Takes a bounded time.
   */
  close(): Promise<void>;
  /**
   * Looks for entries now: this process has just added some.
   * @internal
   */
  wake?(): void;
  /** Number of entries on the bus behind this consumer's position; undefined if unknown. */
  lag?(): number | undefined;
  /**
   * Returns what asks the bus for the state of the group.
   * @internal
   */
  probe?(): QueueProbe | undefined;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- accepts any constructor
export type ConsumerClass = new (...args: any[]) => EventConsumer;

/** Description of a consumer, created by `consumer()`. */
export interface ConsumerDescription {
  readonly kind: 'consumer';
  readonly type: ConsumerClass;
  readonly options: unknown;
  readonly settings: ConsumerSettings;
}

export interface ConsumerSettings {
  /** Modules whose exports the consumer can inject.  @default [] */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /**
   * How long the ids of done events are remembered, in milliseconds, to recognize duplicates.
   * @default 600_000
   */
  readonly dedupeWindowMs?: number | undefined;
  /** Maximum number of calls of a handler for one event; then it is a dead letter.  @default 5 */
  readonly handlerAttempts?: number | undefined;
}

/** Type of the options of a consumer's class. */
export type ConsumerOptionsOf<Class extends ConsumerClass> =
  InstanceType<Class> extends { readonly options: infer Options } ? Options : ConstructorParameters<Class>[0];

/**
 * Describes one consumer. Its name is its key in `consumers`.
 * @param options options of the class: a value, or `{ inject, useFactory }`
 */
export function consumer<
  Class extends ConsumerClass,
  const Dependencies extends readonly unknown[] = readonly unknown[],
>(
  type: Class,
  options?: ConsumerOptionsOf<Class> | OptionsFactory<ConsumerOptionsOf<Class>, Dependencies>,
  settings: ConsumerSettings = {},
): ConsumerDescription {
  return { kind: 'consumer', type, options, settings };
}

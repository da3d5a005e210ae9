import type { ModuleMetadata } from '@nestjs/common';
import type { StoredEvent } from '../event/tracking-event';
import type { OptionsFactory } from './description';

/** One entry that a consumer has read. */
export interface IncomingEntry {
  /** Of the entry on its bus, for the operator: `0-1` of a stream, `2:17` of a topic. */
  readonly position: string;
  /** As it was read, for the dead letters. */
  readonly raw: Uint8Array;
  /** About how many it has, where `raw` is put together only when it is read.  @default those of `raw` */
  readonly bytes?: number | undefined;
  /** @throws with what is wrong, if it is no event */
  readonly decode: () => StoredEvent;
}

/** Where a consumer puts what it has read. */
export interface EventIntake {
  /**
   * Gives entries to every node of the bus, in the order of the calls, and to every handler that wants them. Resolves when each
   * is done, or cannot be before the application ends. Never rejects.
   * @param onDone told the index of each that is done, in any order: delivered, or kept as a dead letter. It may be acknowledged.
   */
  take(entries: readonly IncomingEntry[], onDone: (index: number) => void): Promise<void>;
  /** Keeps as a dead letter what was read too often, and never done. */
  bury(entry: IncomingEntry, reason: string): void;
}

export interface ConsumerSurroundings {
  /** The consumer as it stands in the configuration: `consumers.bus (RedisStreamsConsumer)`. */
  readonly place: string;
  readonly tracker: string;
  readonly name: string;
  readonly intake: EventIntake;
  /** Counts entries that the bus removed before they were read. */
  readonly missed: (entries: number) => void;
  /** Counts that what is read began again, under another history. */
  readonly restarted: () => void;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** Brings events in, from a bus say. At least once: what it acknowledges is done. */
export interface EventConsumer {
  /** Begins to read. Returns at once: a bus that is away does not keep the application from starting. */
  begin(surroundings: ConsumerSurroundings): void;
  /** Reads no more. Resolves when reading has ended, at the latest after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
  /** Acknowledges what is done, gives back what is not, and lets go. For after the children have closed. Bounded. */
  close(): Promise<void>;
  /** Entries behind this consumer's position on the bus, as far as it is known. */
  lag?(): number | undefined;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any constructor must fit here, whatever its parameters
export type ConsumerClass = new (...args: any[]) => EventConsumer;

/** A consumer as `consumer()` describes it. */
export interface ConsumerDescription {
  readonly kind: 'consumer';
  readonly type: ConsumerClass;
  readonly options: unknown;
  readonly settings: ConsumerSettings;
}

export interface ConsumerSettings {
  /** Modules whose exports the consumer can inject.  @default [] */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /** How long the ids of what is done are remembered, to know an event that comes again.  @default 600_000 */
  readonly dedupeWindowMs?: number | undefined;
  /** Calls of a handler for one event before it becomes a dead letter.  @default 5 */
  readonly handlerAttempts?: number | undefined;
}

type ConsumerOptions<Class extends ConsumerClass> =
  InstanceType<Class> extends { readonly options: infer Options } ? Options : ConstructorParameters<Class>[0];

/**
 * Describes one consumer; its name is the key under which it stands.
 * @param options the class's own: a value, or `{ inject, useFactory }`
 */
export function consumer<
  Class extends ConsumerClass,
  const Dependencies extends readonly unknown[] = readonly unknown[],
>(
  type: Class,
  options?: ConsumerOptions<Class> | OptionsFactory<ConsumerOptions<Class>, Dependencies>,
  settings: ConsumerSettings = {},
): ConsumerDescription {
  return { kind: 'consumer', type, options, settings };
}

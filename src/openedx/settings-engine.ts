import type {
  BackendClass,
  BackendDescription,
  Backends,
  ProcessorClass,
  ProcessorEntry,
} from '../routing/description';

/**
 * OPTIONS of one node, without `processors` and `backends` of a backend. Empty if the node has no
 * OPTIONS.
 */
export type OpenEdxOptions = Readonly<Record<string, unknown>>;

/** Settings of the event bus. */
export interface OpenEdxEventBus {
  /** True to send events to the bus, from SEND_TRACKING_EVENT_EMITTED_SIGNAL.  @default false */
  readonly enabled: boolean;
  /** Exact names of the events to send, from EVENT_BUS_TRACKING_LOGS.  @default [] */
  readonly names: readonly string[];
}

/**
 * One node of the settings, as passed to its engine: its path and the nodes inside it, which are
 * described already.
 */
export interface OpenEdxNode {
  /**
   * Path of the node, such as `EVENT_TRACKING_BACKENDS.caliper`. Errors in a
   * TrackingConfigException that an engine throws may use it as a prefix.
   */
  readonly path: string;
  /** Value of ENGINE. */
  readonly engine: string;
  /**
   * Processors from the OPTIONS of a backend. They are added to its description, unless that has
   * processors already.
   */
  readonly processors: readonly ProcessorEntry[];
  /**
   * Backends from the OPTIONS of a backend. They are added to its description, unless that has
   * backends already.
   */
  readonly backends: Backends;
  readonly eventBus: OpenEdxEventBus;
}

/**
 * Function that describes the node of one ENGINE. Nested objects with an ENGINE, at any depth of
 * `options`, are described first and replaced by their descriptions.
 */
export type DescribeOpenEdxNode = (options: OpenEdxOptions, node: OpenEdxNode) => BackendDescription | ProcessorEntry;

/**
 * Implementation of one ENGINE: a class, which receives OPTIONS unchanged, or a function that
 * returns a description. A function without `send`, `accept` or `process` in its prototype is not
 * treated as a class.
 */
export type OpenEdxEngine = BackendClass | ProcessorClass | DescribeOpenEdxNode;

/** Engines by dotted ENGINE name. */
export type OpenEdxEngines = Readonly<Record<string, OpenEdxEngine>>;

import type {
  BackendClass,
  BackendDescription,
  Backends,
  ProcessorClass,
  ProcessorEntry,
} from '../routing/description';

/** OPTIONS of one node, without `processors` and `backends` of a backend; empty if there is none. */
export type EngineOptions = Readonly<Record<string, unknown>>;

/** What the settings say of the event bus. */
export interface EventBusSettings {
  /** SEND_TRACKING_EVENT_EMITTED_SIGNAL: whether events are sent there at all.  @default false */
  readonly enabled: boolean;
  /** EVENT_BUS_TRACKING_LOGS: the names of the events that are, compared as they are.  @default [] */
  readonly names: readonly string[];
}

/** One node of the settings, as its engine sees it: where it stands, and what stands inside it, described already. */
export interface SettingsNode {
  /** `EVENT_TRACKING_BACKENDS.caliper`; the faults of a TrackingConfigException that an engine throws may begin with it. */
  readonly path: string;
  /** The name that stands as ENGINE. */
  readonly engine: string;
  /** What stands as `processors` in the OPTIONS of a backend; the description gets them unless it has some of its own. */
  readonly processors: readonly ProcessorEntry[];
  /** What stands as `backends` there, likewise. */
  readonly backends: Backends;
  readonly eventBus: EventBusSettings;
}

/**
 * Describes what one ENGINE stands for. Nested mappings with an ENGINE of their own, at any depth of `options`, are described
 * before and stand in their place.
 */
export type DescribeEngine = (options: EngineOptions, node: SettingsNode) => BackendDescription | ProcessorEntry;

/**
 * What one ENGINE stands for: a class, which is given OPTIONS as they are, or a function that says more. A function that has
 * no `send`, `accept` or `process` in its prototype is not a class here.
 */
export type SettingsEngine = BackendClass | ProcessorClass | DescribeEngine;

/** Engines by the dotted name that stands as ENGINE. */
export type SettingsEngines = Readonly<Record<string, SettingsEngine>>;
